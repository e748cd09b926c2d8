"""The one `cadran` program: every service adds its commands, by the entry point group `cadran.commands`."""

import sys
from importlib.metadata import entry_points

import typer

from services.common.errors import CadranError

GROUP = "cadran.commands"


def build() -> typer.Typer:
    """The program with the commands of every service."""
    app = typer.Typer(
        name="cadran",
        help="Eight sales KPIs, live on one board, each with its objective and how far it can be trusted.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for entry_point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        entry_point.load()(app)
    return app


def main() -> None:
    """Run a command; an error is one line that says what to do, and status 1."""
    try:
        build()()
    except CadranError as error:
        sys.exit(f"cadran: {error}")


if __name__ == "__main__":
    main()
