"""Reference statements: targets, promotions, calendars, reps and rates, each kept by the time from which it holds."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from services.common.events import EVENT_TYPES, Event
from services.kpi_stream.entities.statements import Rank, microseconds, rank_of

VERSION = 1


class ReferenceStatement(msgspec.Struct, frozen=True, array_like=True):
    """One statement: its rank, its type, and its data as it was sent."""

    rank: Rank
    type: str
    data: dict[str, Any]


class Reference(msgspec.Struct, frozen=True, array_like=True):
    """All that was ever stated about one subject, by time (microseconds since 1970)."""

    statements: Mapping[int, ReferenceStatement] = {}


def fold(reference: Reference, event: Event, zone: ZoneInfo) -> Reference:  # noqa: ARG001
    """The statements, one more taken in; of two of the same time the greater rank stands."""
    at = microseconds(event.time)
    statement = ReferenceStatement(rank_of(event), event.type, msgspec.to_builtins(event.data))
    before = reference.statements.get(at)
    if before is not None and before.rank >= statement.rank:
        return reference
    return Reference({**reference.statements, at: statement})


def in_force(reference: Reference, at: int) -> Any | None:
    """The data last stated by a time (microseconds since 1970), if any."""
    stated = [time for time in reference.statements if time <= at]
    if not stated:
        return None
    statement = reference.statements[max(stated)]
    return msgspec.convert(statement.data, EVENT_TYPES[statement.type].data)
