"""The visits of one channel and store on one business day. Fed by `visits.counted`.

A day's count is spread evenly over its hours; an hour that was counted by itself replaces its share.
"""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import msgspec

from services.common.events import Event
from services.common.events.visits import VisitsCounted
from services.common.money import share
from services.kpi_stream.entities.statements import Stated, joined, rank_of, with_statement

VERSION = 1
HOUR = 3600


class DayCount(msgspec.Struct, frozen=True, array_like=True):
    """A whole day's visits; its bounds in seconds since 1970 (a day has 23, 24 or 25 hours)."""

    start: int
    end: int
    visits: int


class Visits(msgspec.Struct, frozen=True, array_like=True):
    """What was counted; hours by their start in seconds since 1970."""

    day: Stated[DayCount] | None = None
    hours: Mapping[int, Stated[int]] = {}


def fold(visits: Visits, event: Event, zone: ZoneInfo) -> Visits:  # noqa: ARG001
    """The visits, one count taken in."""
    data: VisitsCounted = event.data
    start, end = int(data.from_.timestamp()), int(data.to.timestamp())
    if data.is_hour:
        hours = with_statement(visits.hours, start, Stated(rank_of(event), data.visits))
        return msgspec.structs.replace(visits, hours=hours)
    day = Stated(rank_of(event), DayCount(start, end, data.visits))
    return msgspec.structs.replace(visits, day=joined(visits.day, day))


def by_hour(visits: Visits) -> dict[int, int]:
    """Visits by hour, counted or shared out, whole numbers that add up to the day's."""
    counted = {start: stated.value for start, stated in visits.hours.items()}
    if visits.day is None:
        return counted
    day = visits.day.value
    starts = range(day.start, day.end, HOUR)
    return {**dict(zip(starts, share(day.visits, [1] * len(starts)), strict=True)), **counted}


def counted_hours(visits: Visits) -> dict[int, int]:
    """Only the hours that were counted by themselves."""
    return {start: stated.value for start, stated in visits.hours.items()}
