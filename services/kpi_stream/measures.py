"""Measures, facts and the buckets of time that cells are kept by.

A *fact* is what an entity contributes: amounts of a measure group, at a time, under some members of cuts. A *cell* is
(measure, cut member, time bucket) -> integer.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

CELLS_PER_STRING = 510
"""Redis's allocator has a place of 4 kB for so many of 8 bytes and what Redis adds to them."""

MINUTE, QUARTER, HOUR, DAY = 60, 900, 3600, 86400
"""Seconds. No zone's day begins within a quarter of an hour."""


class Resolution(NamedTuple):
    """How fine a bucket is: the letter in keys, its length where that is fixed, and how long it is kept after its end.

    Seconds; a life of none is for ever.
    """

    letter: str
    length: int | None = None
    life: int | None = None


BY_MINUTE = Resolution("n", MINUTE, 3 * HOUR)
BY_HOUR = Resolution("h", HOUR, 400 * DAY)
BY_DAY = Resolution("d")
BY_MONTH = Resolution("m")
NOW = Resolution("t")
"""One bucket, whatever the time: for what is so by all that was said until now."""

LIVE = (BY_MINUTE, BY_HOUR, BY_DAY, BY_MONTH)
HOURLY = (BY_HOUR,)
DAILY = (BY_DAY, BY_MONTH)

BEGINNING = date(1989, 12, 1)
"""The first day of a month before any event that is taken (`services/common/events/envelope.py`), in every zone."""


class MeasureGroup(msgspec.Struct, frozen=True, eq=False, dict=True):
    """Measures that are added together, under the same cuts; each group is declared once and is equal to itself alone.

    `money` names those in minor units: their cells are kept apart by currency. `resolutions` go from fine to coarse.
    `is_level`: facts are the changes of a level, which holds from one to the next. The sum over a span is then that of
    all changes up to its end: the level at that moment.
    """

    name: str
    measures: tuple[str, ...]
    resolutions: tuple[Resolution, ...] = LIVE
    money: tuple[str, ...] = ()
    is_level: bool = False

    @cached_property
    def step(self) -> int:
        """Seconds that facts may be gathered over."""
        return MINUTE if BY_MINUTE in self.resolutions else QUARTER

    @cached_property
    def buckets_per_string(self) -> int:
        """How many buckets of time stand side by side under one key."""
        return CELLS_PER_STRING // len(self.measures)


Member = tuple[str, str]
"""A cut and its member: `("rep", "ana")`."""

ALL: Member = ("all", "")


class Fact(msgspec.Struct, frozen=True, gc=False):
    """What an entity contributes; `at` in seconds since 1970, `values` in the order of the group's measures."""

    group: MeasureGroup
    at: int
    members: tuple[Member, ...]
    values: tuple[int, ...]
    currency: str = ""


class Address(NamedTuple):
    """Where a string of cells lies."""

    group: str
    cut: str
    member: str
    resolution: str
    chunk: int


def page(group: str, resolution: str, chunk: int) -> str:
    """The name of a page: the strings of all members that hold the same time of a group.

    Minutes, which are soon gone, all lie on one: names of pages are kept for ever.
    """
    return f"{group}:{resolution}" if resolution == BY_MINUTE.letter else f"{group}:{resolution}{chunk}"


class Buckets(msgspec.Struct, frozen=True, gc=False):
    """The ordinals of the buckets that hold a minute; `day` since 1970-01-01, `month` since year 0."""

    minute: int
    hour: int
    day: int
    month: int


ORDINAL: Mapping[Resolution, Callable[[Buckets], int]] = {
    BY_MINUTE: attrgetter("minute"),
    BY_HOUR: attrgetter("hour"),
    BY_DAY: attrgetter("day"),
    BY_MONTH: attrgetter("month"),
    NOW: lambda _: 0,
}
_EPOCH_DAY = date(1970, 1, 1)


def day_ordinal(day: date) -> int:
    return (day - _EPOCH_DAY).days


def date_of(day: int) -> date:
    """The day of an ordinal."""
    return _EPOCH_DAY + timedelta(days=day)


def month_ordinal(day: date) -> int:
    return day.year * 12 + day.month - 1


def hour_ordinal(start: int) -> int:
    """The ordinal of an hour bucket that starts at a second: full hours of the wall clock, counted in UTC."""
    return start // HOUR


@lru_cache(maxsize=65536)
def _of_quarter(quarter: int, zone: ZoneInfo) -> tuple[int, int, int]:
    """The ordinals of hour, day and month that hold a quarter of an hour: zones differ by whole quarters."""
    start = quarter * QUARTER
    offset = datetime.fromtimestamp(start, UTC).astimezone(zone).utcoffset()
    in_hour = int(offset.total_seconds()) % HOUR if offset else 0
    hour_start = (start + in_hour) // HOUR * HOUR - in_hour
    day = datetime.fromtimestamp(hour_start, UTC).astimezone(zone).date()
    return hour_ordinal(hour_start), day_ordinal(day), month_ordinal(day)


def buckets_at(minute: int, zone: ZoneInfo) -> Buckets:
    """The buckets that hold a minute (minutes since 1970)."""
    hour, day, month = _of_quarter(minute * MINUTE // QUARTER, zone)
    return Buckets(minute, hour, day, month)


def day_at(second: int, zone: ZoneInfo) -> int:
    """The ordinal of the business day that holds a second since 1970."""
    return _of_quarter(second // QUARTER, zone)[1]


@lru_cache(maxsize=65536)
def noon_of(day: int, zone: ZoneInfo) -> int:
    """Noon on the wall of a business day, in seconds since 1970: where what is known of a whole day is placed."""
    return int(datetime.combine(date_of(day), time(12), zone).timestamp())


def cell_group(group: MeasureGroup, currency: str) -> str:
    """The name that a group's cells of one currency go by."""
    return f"{group.name}.{currency}" if currency else group.name
