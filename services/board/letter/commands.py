"""`cadran letter write` and `cadran letter send`."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from services.board.client import read_api_client
from services.board.letter.office import letter_post, week_reader, week_writer
from services.board.letter.story import Story
from services.board.letter.weeks import last_whole_week, whole_week
from services.board.letter.writing import WeekWriter, addressed
from services.board.read_api import ReadApi
from services.board.settings import BoardSettings
from services.board.tables import SCHEMA
from services.common.database import database_url, opened
from services.common.errors import ConfigurationError, Invalid
from services.common.mail.account import read_sender
from services.common.mail.addresses import read_address
from services.common.mail.courier import Answer, Outcome
from services.common.printing import say
from services.common.settings import Settings
from services.common.windows import utc_now

letter = typer.Typer(
    help="The weekly letter: what moved, whether it is noise, where it stands against target.", no_args_is_help=True
)

WeekOption = Annotated[
    datetime | None,
    typer.Option("--week", formats=["%Y-%m-%d"], help="A day of the week to tell of. Left out: the last whole one."),
]
Language = Annotated[str, typer.Option("--language", help="fr or en. Left out: CADRAN_BOARD_LANGUAGE.")]


class Asked(NamedTuple):
    """What a command is to work with."""

    settings: Settings
    board: BoardSettings
    story: Story
    language: str


def register(app: typer.Typer) -> None:
    app.add_typer(letter, name="letter")


@letter.command("write")
def write(
    week: WeekOption = None,
    language: Language = "",
    out: Annotated[
        Path | None, typer.Option(help="FILE.html, .pdf, .eml (with pictures and PDF) or .txt. Left out: printed.")
    ] = None,
) -> None:
    """Write the letter about a week."""
    asked = _asked(week, language)
    writer, words = week_writer(asked.settings, asked.board), (asked.story, asked.language)
    if out is None:
        print(writer.text(*words).rstrip())
        return
    makers: Mapping[str, Callable[[], bytes]] = {
        ".html": lambda: writer.document(*words).encode(),
        ".pdf": lambda: writer.pdf(*words),
        ".txt": lambda: writer.text(*words).encode(),
        ".eml": lambda: _to_ourselves(asked, writer),
    }
    if out.suffix not in makers:
        raise Invalid(f"{out.name} names no kind of letter", field="--out", mend=f"end it in {', '.join(makers)}")
    try:
        out.write_bytes(makers[out.suffix]())
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror}", mend="mend its path") from None
    say(f"{out}: {writer.subject(*words)}")


@letter.command("send")
def send(
    to: Annotated[
        list[str] | None,
        typer.Option(help="An address; repeat it for more. It gets the letter, had it or not. "
        "Left out: those of CADRAN_BOARD_LETTER_TO who have not had it."),
    ] = None,
    week: WeekOption = None,
    language: Language = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be sent, and to whom.")] = False,
) -> None:  # fmt: skip
    """Send the letter about a week now."""
    asked = _asked(week, language)
    addresses = [read_address(text) for text in to or ()]
    if not addresses and not asked.board.letter_to:
        raise ConfigurationError("there is nobody to send it to", field="--to", mend="name an address")
    if dry_run:
        writer = week_writer(asked.settings, asked.board)
        say(f"to {', '.join(addresses or asked.board.letter_to)}: {writer.subject(asked.story, asked.language)}")
        sys.stdout.write(f"\n{writer.text(asked.story, asked.language)}")
        return
    answers, held = asyncio.run(_send(asked, addresses))
    for recipient, answer in answers.items():
        say(f"{recipient}: {answer.outcome} {answer.codes}".rstrip())
    for recipient in held:
        say(f"{recipient}: is being sent by another just now; look again in two minutes")
    if not answers and not held:
        say("all of them have had it; `--to` sends it again")
    if held or any(answer.outcome is not Outcome.ACCEPTED for answer in answers.values()):
        raise typer.Exit(1)


def _to_ourselves(asked: Asked, writer: WeekWriter) -> bytes:
    """An e-mail as it would leave, to whom it comes from."""
    sender = read_sender(asked.board)
    return bytes(addressed(writer.letter(asked.story, asked.language, sender), asked.story, sender, utc_now()))


def _asked(day: datetime | None, language: str) -> Asked:
    """The story that options ask for."""
    settings, board = Settings.load(), BoardSettings.load()
    if language not in ("", "fr", "en"):
        raise Invalid(f"no letter is written in {language!r}", field="--language", mend="write fr or en")
    story = asyncio.run(_read(settings, board, day))
    return Asked(settings, board, story, language or board.language)


async def _read(settings: Settings, board: BoardSettings, day: datetime | None) -> Story:
    async with read_api_client(settings, board) as client:
        reader = week_reader(settings, ReadApi(client))
        today = reader.today()
        return await reader.read(whole_week(day.date(), today) if day else last_whole_week(today))


async def _send(asked: Asked, addresses: list[str]) -> tuple[Mapping[str, Answer], list[str]]:
    """What became of each letter; and whose another process is at."""
    with opened(
        database_url(asked.board.database.get_secret_value(), asked.settings.local_dir, SCHEMA), SCHEMA
    ) as kept:
        post = letter_post(asked.settings, asked.board, kept)
        if addresses:
            return await post.deliver_anew(asked.story, asked.language, addresses), []
        answers = await post.deliver(asked.story, asked.language, asked.board.letter_to)
        waiting = await post.waiting(asked.story.week, asked.board.letter_to)
        return answers, [recipient for recipient in waiting if recipient not in answers]
