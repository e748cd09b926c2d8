"""Which letters have left: a row for a week and a recipient, claimed for a while by whoever sends it.

So two processes do not send one twice; and a process that is killed leaves at most the one that it was at to be sent
again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, insert, select, update

from services.board.letter.weeks import Week
from services.board.tables import letters


def waiting(connection: Connection, week: Week, recipients: Sequence[str]) -> list[str]:
    """Those of some recipients whose letter was neither taken nor refused for good."""
    settled = select(letters.c.recipient).where(letters.c.week == week.first, letters.c.settled_at.is_not(None))
    had = set(connection.execute(settled).scalars())
    return [recipient for recipient in recipients if recipient not in had]


def claim(connection: Connection, week: Week, recipient: str, now: datetime, lease: timedelta) -> bool:
    """Have a letter for oneself for a while; not one that has left, or that somebody else is sending."""
    found = connection.execute(select(letters).where(_is(week, recipient))).first()
    if found is not None and (found.settled_at is not None or (found.claimed_until or now) > now):
        return False
    _write(connection, week, recipient, claimed_until=now + lease)
    return True


def release(connection: Connection, week: Week, recipient: str) -> None:
    """Give a letter back that did not leave."""
    _write(connection, week, recipient, claimed_until=None)


def settle(connection: Connection, week: Week, recipient: str, now: datetime, codes: str) -> None:
    """Note that a mail server took a letter or, with its codes, refused it for good."""
    _write(connection, week, recipient, claimed_until=None, settled_at=now, codes=codes or None)


def _is(week: Week, recipient: str) -> ColumnElement[bool]:
    return and_(letters.c.week == week.first, letters.c.recipient == recipient)


def _write(connection: Connection, week: Week, recipient: str, **values: object) -> None:
    changed = connection.execute(update(letters).where(_is(week, recipient)).values(**values))
    if changed.rowcount == 0:
        connection.execute(insert(letters), {"week": week.first, "recipient": recipient, **values})
