"""Levels: what holds from one statement to the next, such as a price. What counts of a day is how it closed.

So of each business day only the statement that closed it is kept, which is the maximum of a total order: the later
stands, at the same instant the one of greater revision, then of greater id, then of greater digest.
"""

from collections.abc import Mapping
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from services.common.events import Event
from services.kpi_stream.entities.statements import delay_of, microseconds, stands_above
from services.kpi_stream.measures import day_at

T = TypeVar("T")


class Closing(msgspec.Struct, Generic[T], frozen=True, array_like=True, gc=False):
    """The last that was said on a day: when (microseconds since 1970), revision, event id, digest; and what.

    `delay` is how long after that it was heard, as in `Stated`.
    """

    rank: tuple[int, int, str, bytes]
    value: T
    delay: int

    @property
    def at(self) -> int:
        return self.rank[0]

    @property
    def event_id(self) -> str:
        return self.rank[2]


Closings = Mapping[int, Closing[T]]
"""By business day (since 1970-01-01)."""


def with_closing(known: Closings[T], event: Event, value: T, zone: ZoneInfo) -> Closings[T]:
    """The closings, what an event says taken in; the same object when it did not close its day."""
    at = microseconds(event.time)
    said = Closing((at, event.data.revision, event.id, bytes.fromhex(event.digest)), value, delay_of(event, at))
    day = day_at(at // 1_000_000, zone)
    before = known.get(day)
    return {**known, day: said} if before is None or stands_above(said, before) else known
