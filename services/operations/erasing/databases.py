"""Customers in the databases of services: who they are by an address, and everything of theirs erased.

Works on the databases themselves, while the services run.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Set
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, delete, select, update

from services.common.database import Database, database_url, opened
from services.common.errors import Invalid
from services.common.settings import Settings
from services.common.signing_secrets import read_secrets
from services.common.tables import OUTBOX, Schema
from services.common.windows import utc_now
from services.ingest import tables as ingest
from services.ingest.campaigns import store as campaigns
from services.ingest.connectors.reading.names import Pseudonyms
from services.ingest.settings import IngestSettings
from services.operations.erasing.rewriting import Record, Rewriter
from services.survey import person
from services.survey import tables as survey
from services.survey.asking.people import Person
from services.survey.settings import SurveySettings

T = TypeVar("T")

Counts = dict[str, int]
"""Rows by table."""


class Databases(NamedTuple):
    """Those that hold customers."""

    survey: Database
    ingest: Database


@contextmanager
def opened_databases(settings: Settings) -> Iterator[Databases]:
    """The databases of the survey service and of the gateway."""

    def address(given: str, schema: Schema) -> str:
        return database_url(given, settings.local_dir, schema)

    asked = address(SurveySettings.load().database.get_secret_value(), survey.SCHEMA)
    drawn = address(IngestSettings.load().database.get_secret_value(), ingest.SCHEMA)
    with opened(asked, survey.SCHEMA) as surveys, opened(drawn, ingest.SCHEMA) as gateway:
        yield Databases(surveys, gateway)


def find(databases: Databases, settings: Settings, known_by: Collection[str]) -> Person:
    """Everybody who is known by some ids or addresses: by an address, also the ids that surveys hold it of, and the
    pseudonym that connectors make of it."""
    found = [_do(databases.survey, partial(person.find_person, known_by=each)) for each in known_by]
    emails = frozenset().union(*(each.emails for each in found))
    customers = frozenset().union(*(each.customer_ids for each in found))
    pseudonyms = _pseudonyms(settings)
    by_address = {pseudonyms.by_email(email) for email in emails if "@" in email} if pseudonyms else set()
    return Person(emails, customers | by_address)


def find_of_vendor(settings: Settings, account: str, ids: Collection[str]) -> Person:
    """Everybody whom an account of a connector calls by some ids.

    :raises Invalid: when the account has not the form `vendor/account`, or no connector has made a pseudonym yet.
    """
    vendor, _, name = account.partition("/")
    pseudonyms = _pseudonyms(settings)
    if not name or pseudonyms is None:
        raise Invalid(
            f"{account!r} is no account of a connector", field="--account", mend="write it as `shopify/paris`"
        )
    return Person(frozenset(), frozenset(pseudonyms.by_vendor(vendor, name, each) for each in ids))


def _pseudonyms(settings: Settings) -> Pseudonyms | None:
    """Those of connectors, where there ever was one."""
    file = IngestSettings.load().pseudonyms_file or settings.local_dir / "pseudonyms.secret"
    return Pseudonyms(read_secrets(file, "CADRAN_INGEST_PSEUDONYMS_FILE")[0]) if file.exists() else None


def count(databases: Databases, who: Person) -> Counts:
    """How many rows of each table are about them, or wait for Kafka and name them."""
    held = _do(databases.survey, partial(person.export, person=who))
    drawn = [_do(databases.ingest, partial(campaigns.groups_of, customer_id=each)) for each in who.customer_ids]
    waiting = [_do(database, partial(_waiting, customers=who.customer_ids)) for database in databases]
    return {
        **{table: len(rows) for table, rows in held.items()},
        ingest.assignments.name: sum(map(len, drawn)),
        OUTBOX.name: sum(map(len, waiting)),
    }


def free_waiting(databases: Databases, who: Person) -> None:
    """Have events that wait for Kafka leave without them."""
    for database in databases:
        _do(database, partial(_free_waiting, customers=who.customer_ids))


def erase(databases: Databases, who: Person) -> None:
    """Erase them. Only after Kafka: an address leads to nobody's ids any more."""
    free_waiting(databases, who)
    now = utc_now()
    _do(databases.survey, lambda connection: person.erase(connection, who, now))
    for customer in who.customer_ids:
        _do(databases.ingest, partial(campaigns.forget, customer_id=customer))
    for database in databases:
        database.forget()


def _waiting(connection: Connection, customers: Set[str]) -> list[tuple[int, Record | None]]:
    """Events in an outbox that name somebody, and what they become."""
    rewriter = Rewriter(customers)
    found = []
    for row, topic, key, value in connection.execute(select(OUTBOX.c.id, OUTBOX.c.topic, OUTBOX.c.key, OUTBOX.c.value)):
        record = Record(key, value, (), 0)
        outcome = rewriter.outcome(topic, record)
        if outcome.record is not record:
            found.append((row, outcome.record))
    return found


def _free_waiting(connection: Connection, customers: Set[str]) -> None:
    for row, freed in _waiting(connection, customers):
        own = OUTBOX.c.id == row
        connection.execute(update(OUTBOX).where(own).values(value=freed.value) if freed else delete(OUTBOX).where(own))


def _do(database: Database, work: Callable[[Connection], T]) -> T:
    return asyncio.run(database.write(work))
