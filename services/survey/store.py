"""Reading and writing invitations and answers. Every function takes the connection of a transaction: `database.py`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, Table, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from services.survey import tables
from services.survey.records import About, Answer, Invitation


def _flat(record: Invitation | Answer) -> dict[str, Any]:
    row = msgspec.structs.asdict(record)
    return {**msgspec.structs.asdict(row.pop("about")), **row}


def _about(row: RowMapping) -> About:
    return About(**{name: row[name] for name in About.__struct_fields__})


def _invitation(row: RowMapping) -> Invitation:
    fields = {name: row[name] for name in Invitation.__struct_fields__ if name != "about"}
    return Invitation(about=_about(row), **fields)


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Whether the row was new: one with the same key is left as it is."""
    try:
        with connection.begin_nested():
            connection.execute(insert(table), row)
    except IntegrityError:
        return False
    return True


def add_invitation(connection: Connection, invitation: Invitation) -> None:
    connection.execute(insert(tables.invitations), _flat(invitation))


def invitation(connection: Connection, id_: str) -> Invitation | None:
    row = connection.execute(select(tables.invitations).where(tables.invitations.c.id == id_)).mappings().first()
    return None if row is None else _invitation(row)


def mark(connection: Connection, id_: str, moment: str, now: datetime) -> bool:
    """Note when an invitation was first `opened_at`, `answered_at` and the like; whether this was the first time.

    Of two at the same instant, one is told true.
    """
    column = tables.invitations.c[moment]
    changed = connection.execute(
        update(tables.invitations).where(tables.invitations.c.id == id_, column.is_(None)).values({moment: now})
    )
    return changed.rowcount == 1


def note_bounce(connection: Connection, id_: str, bounce: str) -> None:
    """Note why a letter does not arrive."""
    connection.execute(update(tables.invitations).where(tables.invitations.c.id == id_).values(bounce=bounce))


def add_answer(connection: Connection, answer: Answer) -> None:
    connection.execute(insert(tables.answers), _flat(answer))


def has_answer(connection: Connection, response_id: str) -> bool:
    query = select(tables.answers.c.response_id).where(tables.answers.c.response_id == response_id)
    return connection.execute(query).first() is not None


def progress(connection: Connection) -> Mapping[tuple[str, str], int]:
    """How many invitations of a touchpoint got how far: (touchpoint, step) -> count."""
    columns = tables.invitations.c
    steps = {name: columns[f"{name}_at"] for name in ("created", "delivered", "bounced", "opened", "answered")}
    counted = [func.count(column).label(name) for name, column in steps.items()]
    rows = connection.execute(select(columns.touchpoint, *counted).group_by(columns.touchpoint)).mappings()
    return {(row["touchpoint"], name): row[name] for row in rows for name in steps}
