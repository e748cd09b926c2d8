"""Reading and writing edits. Every function takes the connection of a transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, insert, select

from services.board import tables
from services.board.editing.statements import KINDS, Data, Statement, kind_of
from services.common.events import Event, decode

_edits, _outbox = tables.edits.c, tables.outbox.c
_MODELS = {kind: model for model, kind in KINDS.items()}
MOST_NAMED = 500
"""Subjects that one statement names: databases bound how much there may be."""


def edits_of(connection: Connection, kind: str, subjects: Collection[str]) -> Mapping[str, list[Statement[Any]]]:
    """What was edited of some subjects, the newest last."""
    found: defaultdict[str, list[Statement[Any]]] = defaultdict(list)
    names = sorted(subjects)
    for start in range(0, len(names), MOST_NAMED):
        its = _edits.kind == kind, _edits.subject.in_(names[start : start + MOST_NAMED])
        for row in connection.execute(select(tables.edits).where(*its).order_by(_edits.id)).mappings():
            found[row["subject"]].append(_statement(row))
    return found


def subjects(connection: Connection, kind: str) -> list[str]:
    """The subjects that were ever edited."""
    query = select(_edits.subject).where(_edits.kind == kind).distinct().order_by(_edits.subject)
    return list(connection.execute(query).scalars())


def add(connection: Connection, person: str, made: Iterable[tuple[Event, Data | None]]) -> None:
    """Keep who said what, and what stood before."""
    rows = [
        {
            "at": event.time,
            "person": person,
            "kind": kind_of(event),
            "subject": event.subject,
            "before": None if before is None else msgspec.json.encode(before).decode(),
            "after": msgspec.json.encode(event.data).decode(),
            "event_id": event.id,
        }
        for event, before in made
    ]
    if rows:
        connection.execute(insert(tables.edits), rows)


def waiting(connection: Connection) -> set[str]:
    """The ids of the events that Kafka has not acknowledged."""
    return {decode(value).id for value in connection.execute(select(_outbox.value)).scalars()}


def _statement(row: RowMapping) -> Statement[Any]:
    data = msgspec.json.decode(row["after"], type=_MODELS[row["kind"]])
    return Statement(row["at"], row["event_id"], data, row["person"], is_counted=False)
