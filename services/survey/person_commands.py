"""`cadran survey export` and `cadran survey erase`: the right of access, and the right to be forgotten."""

import asyncio
from contextlib import AbstractContextManager
from typing import Annotated, TypeVar

import msgspec
import typer

from services.common.database import Database, Work, database_url, opened
from services.common.errors import NotFound
from services.common.settings import Settings
from services.common.windows import utc_now
from services.survey import person
from services.survey.person import Held
from services.survey.settings import SurveySettings
from services.survey.tables import SCHEMA

T = TypeVar("T")

KnownBy = Annotated[str, typer.Argument(metavar="PERSON", help="A customer's id, or an e-mail address.")]


def register(group: typer.Typer) -> None:
    group.command("export")(export)
    group.command("erase")(erase)


def export(known_by: KnownBy) -> None:
    """Print all that is held about a person, as JSON."""
    with _database() as database:
        print(msgspec.json.format(msgspec.json.encode(_held(database, known_by)), indent=2).decode())


def erase(
    known_by: KnownBy,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
) -> None:
    """Forget a person: contact, addresses, words. Their scores stay counted, without whom they are from."""
    with _database() as database:
        held = _held(database, known_by)
        print(", ".join(f"{name}: {len(rows)}" for name, rows in held.items()))
        if not yes:
            typer.confirm("Erase? There is no way back.", abort=True)
        now = utc_now()
        _do(database, lambda connection: person.erase(connection, person.find_person(connection, known_by), now))
        database.forget()
    print("erased")


def _database() -> AbstractContextManager[Database]:
    given = SurveySettings.load().database.get_secret_value()
    return opened(database_url(given, Settings.load().local_dir, SCHEMA), SCHEMA)


def _held(database: Database, known_by: str) -> Held:
    held = _do(database, lambda connection: person.export(connection, person.find_person(connection, known_by)))
    if not any(held.values()):
        raise NotFound(f"nothing is held about {known_by!r}", mend="check the id or the address")
    return held


def _do(database: Database, work: Work[T]) -> T:
    return asyncio.run(database.write(work))
