"""`cadran grafana push`."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.common.errors import ConfigurationError
from services.common.secret_files import read_secret
from services.kpi_stream.grafana.push import Grafana, read_boards, with_page

TOKEN = "GRAFANA_TOKEN"  # noqa: S105 - the name of the variable, as Grafana's own tools call it

console = Console(highlight=False, soft_wrap=True)
grafana = typer.Typer(help="The Grafana boards: put them into a Grafana.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(grafana, name="grafana")


@grafana.callback()
def _group() -> None:
    """One command stays a command of a group."""


@grafana.command("push")
def push(
    url: Annotated[str, typer.Option(help="Grafana's address, with its sub-path if it has one.")],
    token_file: Annotated[
        Path | None, typer.Option(help=f"A file with a service account's token; else {TOKEN} holds it.")
    ] = None,
    folder: Annotated[str, typer.Option(help="The uid of the folder that the boards are put into.")] = "cadran",
    boards: Annotated[Path, typer.Option(help="Where the boards are.")] = Path("deploy/grafana/dashboards"),
    page: Annotated[str | None, typer.Option(help="Where people open the page of the board, for links to it.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
) -> None:
    """Put every board into a Grafana. What is there as it must be is left alone, so it can be run again."""
    server = Grafana(url, _token(token_file), folder)
    server.require()
    own = [with_page(board, page) if page else board for board in read_boards(boards)]
    changed = 0
    for change in server.changes(own):
        if not change.lines:
            continue
        changed += 1
        console.print(f"{change.name} {'would change' if dry_run else 'changes'}", markup=False)
        for line in change.lines:
            console.print(f"  {line}", markup=False)
        if not dry_run:
            server.apply(change)
    console.print(f"{changed} of {len(own)} boards {'would change' if dry_run else 'changed'}")


def _token(path: Path | None) -> str:
    """:raises ConfigurationError: where there is none, or none that can be read."""
    token = read_secret(path, "--token-file") if path else os.environ.get(TOKEN, "").strip()
    if not token:
        raise ConfigurationError("is missing", field="the token", mend=f"give --token-file, or set {TOKEN}")
    return token
