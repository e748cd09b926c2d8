"""The letters that have not left yet: rows that are claimed for a while. See `database.py`.

Who claims a letter has it alone until the claim ends, so two processes do not send it twice; and a process that is
killed leaves at most the one letter it was at to be sent again.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update

from services.survey.links import Purpose
from services.survey.tables import letters

UNCOUNTED = Purpose.PULSE
"""Its letters are in no metric, as who watches how many are reminded knows how many have answered."""


class LetterKey(NamedTuple):
    """What names a letter: its purpose, and the id of the invitation or ticket whose link it bears."""

    purpose: Purpose
    id: str


class Claim(NamedTuple):
    """A letter that is ours for a while, and how often it was tried."""

    key: LetterKey
    attempts: int


def add(connection: Connection, key: LetterKey, due_at: datetime) -> None:
    """Have a letter leave; one that already waits is left as it is."""
    if connection.execute(select(letters.c.id).where(_is(key))).first() is None:
        connection.execute(insert(letters), {"purpose": key.purpose, "id": key.id, "due_at": due_at})


def claim(connection: Connection, now: datetime, lease: timedelta) -> Claim | None:
    """The letter that waits longest, if one is due. It is claimed."""
    free = or_(letters.c.claimed_until.is_(None), letters.c.claimed_until <= now)
    due = select(letters.c.purpose, letters.c.id, letters.c.attempts).where(letters.c.due_at <= now, free)
    found = connection.execute(due.order_by(letters.c.due_at, letters.c.id).limit(1)).first()
    if found is None:
        return None
    key = LetterKey(Purpose(found.purpose), found.id)
    _change(connection, key, claimed_until=now + lease)
    return Claim(key, found.attempts)


def release(connection: Connection, key: LetterKey, now: datetime) -> None:
    """Give a letter back, behind the others that are due: should it be at fault, it does not hold them up."""
    _change(connection, key, claimed_until=None, due_at=now)


def postpone(connection: Connection, key: LetterKey, due_at: datetime) -> None:
    """Give a letter back that was tried once more."""
    _change(connection, key, claimed_until=None, due_at=due_at, attempts=letters.c.attempts + 1)


def remove(connection: Connection, key: LetterKey) -> None:
    connection.execute(delete(letters).where(_is(key)))


def remove_all(connection: Connection, purpose: Purpose) -> None:
    connection.execute(delete(letters).where(letters.c.purpose == purpose))


def count(connection: Connection) -> int:
    """How many letters wait that may be counted."""
    query = select(func.count()).select_from(letters).where(letters.c.purpose != UNCOUNTED)
    return connection.execute(query).scalar_one()


def _is(key: LetterKey) -> ColumnElement[bool]:
    return and_(letters.c.purpose == key.purpose, letters.c.id == key.id)


def _change(connection: Connection, key: LetterKey, **values: object) -> None:
    connection.execute(update(letters).where(_is(key)).values(**values))
