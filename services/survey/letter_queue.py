"""The letters that have not left yet: rows that are claimed for a while. See `database.py`.

Who claims a letter has it alone until the claim ends, so two processes do not send it twice; and a process that is
killed leaves at most the one letter it was at to be sent again.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from services.survey.tables import letters


def add(connection: Connection, invitation_id: str, due_at: datetime) -> None:
    connection.execute(insert(letters), {"invitation_id": invitation_id, "due_at": due_at})


def claim(connection: Connection, now: datetime, lease: timedelta) -> tuple[str, int] | None:
    """The letter that waits longest, if one is due: its invitation's id and how often it was tried. It is claimed."""
    free = or_(letters.c.claimed_until.is_(None), letters.c.claimed_until <= now)
    due = select(letters.c.invitation_id, letters.c.attempts).where(letters.c.due_at <= now, free)
    found = connection.execute(due.order_by(letters.c.due_at, letters.c.invitation_id).limit(1)).first()
    if found is None:
        return None
    _change(connection, found.invitation_id, claimed_until=now + lease)
    return found.invitation_id, found.attempts


def release(connection: Connection, invitation_id: str, now: datetime) -> None:
    """Give a letter back, behind the others that are due: should it be at fault, it does not hold them up."""
    _change(connection, invitation_id, claimed_until=None, due_at=now)


def postpone(connection: Connection, invitation_id: str, due_at: datetime) -> None:
    """Give a letter back that was tried once more."""
    _change(connection, invitation_id, claimed_until=None, due_at=due_at, attempts=letters.c.attempts + 1)


def remove(connection: Connection, invitation_id: str) -> None:
    connection.execute(delete(letters).where(letters.c.invitation_id == invitation_id))


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(letters)).scalar_one()


def _change(connection: Connection, invitation_id: str, **values: object) -> None:
    connection.execute(update(letters).where(letters.c.invitation_id == invitation_id).values(**values))
