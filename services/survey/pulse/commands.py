"""`cadran survey pulse`: who is asked, and when."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console

from services.common.client import Refused, refusal
from services.common.csv_rows import each_good, read_rows
from services.common.errors import Invalid
from services.survey.client import KeyFile, Url, survey_client
from services.survey.pulse.records import Colleague

console = Console()
pulse = typer.Typer(help="The team's pulse: its roster and its rounds.", no_args_is_help=True)


def register(group: typer.Typer) -> None:
    group.add_typer(pulse, name="pulse")


@pulse.command("roster")
def roster(
    file: Annotated[Path, typer.Argument(help="A CSV file: email, team_id, language. It replaces the roster.")],
    url: Url = "",
    key_file: KeyFile = None,
) -> None:
    """Say whom the next round asks. Everybody who works in a team, each once; the open round is left alone."""
    rows = each_good(read_rows(file, Colleague))
    response = _ask(url, key_file, "PUT", "/v1/pulse/roster", [row.fields for row in rows])
    told = _told(response, [row.line for row in rows])
    console.print(f"{told['people']} people in {told['teams']} teams", highlight=False)


@pulse.command("open")
def open_round(
    last_day: Annotated[
        str, typer.Option(help="The last day to answer, 2026-12-04. Empty: as the schedule says.")
    ] = "",
    url: Url = "",
    key_file: KeyFile = None,
) -> None:
    """Open a round now: everybody of the roster gets a letter."""
    body = {"last_day": _day(last_day)} if last_day else {}
    told = _told(_ask(url, key_file, "POST", "/v1/pulse/rounds", body))
    console.print(
        f"round {told['round_id']}: {told['invited']} people asked, until {told['closes_at']}", highlight=False
    )


@pulse.command("close")
def close_round(url: Url = "", key_file: KeyFile = None) -> None:
    """Close the open round now. What may be told is told; who was asked and what they answered is destroyed."""
    told = _told(_ask(url, key_file, "POST", "/v1/pulse/rounds/close", {}))
    console.print(f"round {told['round_id']} is closed, and told", highlight=False)


@pulse.command("rounds")
def rounds(url: Url = "", key_file: KeyFile = None) -> None:
    """List the rounds."""
    for told in _told(_ask(url, key_file, "GET", "/v1/pulse/rounds", None)):
        state = f"closed {told['closed_at']}" if "closed_at" in told else f"open until {told['closes_at']}"
        console.print(f"{told['round_id']}  {state}", highlight=False)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Invalid(f"{text!r} is no day", field="--last-day", mend="write it as 2026-12-04") from None


def _ask(url: str, key_file: Path | None, method: str, path: str, content: object) -> httpx.Response:
    with survey_client(url, key_file) as client:
        return client.ask(method, path, content)


def _told(response: httpx.Response, lines: Sequence[int] = ()) -> Any:
    """What the service says; `lines`: where the items that were sent stand in their file.

    :raises Refused: when it says no.
    """
    if response.is_success:
        return response.json()
    told = refusal("the survey service", response)
    raise Refused(told.message, field=_place(told.field, lines), mend=told.mend)


def _place(field: str, lines: Sequence[int]) -> str:
    index, _, name = field.partition(".")
    return f"line {lines[int(index)]}, {name}" if lines and index.isdigit() else field
