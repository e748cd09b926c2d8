"""Measures, facts and cells.

A *fact* is what an entity contributes: amounts of a measure group, at a time, under some members of cuts. A *cell* is
(measure, cut member, time bucket) -> integer. Facts are gathered by (minute, members) first and only then fanned out to
cells, so that a batch of a thousand orders touches few of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

FIELDS_PER_HASH = 512
MINUTE, HOUR, DAY = 60, 3600, 86400


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

LIVE = (BY_MINUTE, BY_HOUR, BY_DAY, BY_MONTH)
HOURLY = (BY_HOUR,)
DAILY = (BY_DAY, BY_MONTH)


class MeasureGroup(msgspec.Struct, frozen=True):
    """Measures that are added together, under the same cuts.

    `money` names those in minor units: their cells are kept apart by currency.
    """

    name: str
    measures: tuple[str, ...]
    resolutions: tuple[Resolution, ...] = LIVE
    money: tuple[str, ...] = ()

    @property
    def step(self) -> int:
        """Seconds that facts may be gathered over: no border of a day lies within a quarter of an hour."""
        return MINUTE if BY_MINUTE in self.resolutions else 900

    @property
    def buckets_per_hash(self) -> int:
        """So many that a hash holds at most 512 fields, which Redis keeps packed."""
        return FIELDS_PER_HASH // len(self.measures)


Member = tuple[str, str]
"""A cut and its member: `("rep", "ana")`."""

ALL: Member = ("all", "")


class Fact(NamedTuple):
    """What an entity contributes; `at` in seconds since 1970, `values` in the order of the group's measures."""

    group: MeasureGroup
    at: int
    members: tuple[Member, ...]
    values: tuple[int, ...]
    currency: str = ""


class Address(NamedTuple):
    """Where a hash of cells lies."""

    group: str
    cut: str
    member: str
    resolution: str
    chunk: int


class CellKey(NamedTuple):
    """A cell: a hash and the position in it."""

    address: Address
    position: int


class Buckets(NamedTuple):
    """The ordinals of the buckets that hold a minute; `day` since 1970-01-01, `month` since year 0."""

    minute: int
    hour: int
    day: int
    month: int

    def of(self, resolution: Resolution) -> int:
        return self[_FIELD[resolution]]


_FIELD = {BY_MINUTE: 0, BY_HOUR: 1, BY_DAY: 2, BY_MONTH: 3}
_EPOCH_DAY = date(1970, 1, 1)


def day_ordinal(day: date) -> int:
    return (day - _EPOCH_DAY).days


def day_from_ordinal(ordinal: int) -> date:
    return _EPOCH_DAY + timedelta(days=ordinal)


def month_ordinal(day: date) -> int:
    return day.year * 12 + day.month - 1


def hour_ordinal(start: int) -> int:
    """The ordinal of an hour bucket that starts at a second: full hours of the wall clock, counted in UTC."""
    return start // HOUR


@lru_cache(maxsize=65536)
def _day_and_month(hour_start: int, zone: ZoneInfo) -> tuple[int, int]:
    day = datetime.fromtimestamp(hour_start, UTC).astimezone(zone).date()
    return day_ordinal(day), month_ordinal(day)


@lru_cache(maxsize=65536)
def _offset_in_hour(quarter: int, zone: ZoneInfo) -> int:
    """How far the zone is from whole hours of UTC, in seconds, during a quarter of an hour."""
    offset = datetime.fromtimestamp(quarter * 900, UTC).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) % HOUR if offset else 0


def buckets_at(minute: int, zone: ZoneInfo) -> Buckets:
    """The buckets that hold a minute (minutes since 1970)."""
    second = minute * MINUTE
    offset = _offset_in_hour(second // 900, zone)
    hour_start = (second + offset) // HOUR * HOUR - offset
    day, month = _day_and_month(hour_start, zone)
    return Buckets(minute, hour_ordinal(hour_start), day, month)


class Gathered:
    """Facts added up by (group, currency, minute, members): the new ones of entities, less the old ones."""

    def __init__(self) -> None:
        self._sums: dict[tuple[MeasureGroup, str, int, tuple[Member, ...]], list[int]] = {}

    def add(self, facts: Iterable[Fact], sign: int = 1) -> None:
        for fact in facts:
            minute = fact.at // fact.group.step * fact.group.step // MINUTE
            key = (fact.group, fact.currency, minute, fact.members)
            sums = self._sums.get(key)
            if sums is None:
                self._sums[key] = [sign * value for value in fact.values]
            else:
                for i, value in enumerate(fact.values):
                    sums[i] += sign * value

    def items(self) -> Iterator[tuple[MeasureGroup, str, int, tuple[Member, ...], list[int]]]:
        for (group, currency, minute, members), values in self._sums.items():
            if any(values):
                yield group, currency, minute, members, values


class CellChanges(NamedTuple):
    """What a batch does to cells: additions by hash and position, when hashes expire, and what came too late."""

    additions: Mapping[Address, Mapping[int, int]]
    expiry: Mapping[Address, int]
    members: Mapping[tuple[str, str], set[str]]
    currencies: Mapping[str, set[str]]
    too_late: Mapping[str, int]


def fan_out(gathered: Gathered, *, zone: ZoneInfo, reporting_currency: str, now: int) -> CellChanges:
    """Facts to cells: every member of every fact, at every resolution that is still kept at `now` (seconds)."""
    additions: dict[Address, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    expiry: dict[Address, int] = {}
    members: dict[tuple[str, str], set[str]] = defaultdict(set)
    currencies: dict[str, set[str]] = defaultdict(set)
    too_late: dict[str, int] = defaultdict(int)
    for group, currency, minute, cut_members, values in gathered.items():
        buckets = buckets_at(minute, zone)
        if currency:
            currencies[group.name].add(currency)
        for resolution in group.resolutions:
            if is_past_life(resolution, buckets, now):
                too_late[group.name] += 1
                continue
            kept = _kept(group, currency, resolution, reporting_currency, values)
            chunk, slot = divmod(buckets.of(resolution), group.buckets_per_hash)
            for cut, member in cut_members:
                address = Address(cell_group(group, currency), cut, member, resolution.letter, chunk)
                cells = additions[address]
                for position, value in kept:
                    cells[slot * len(group.measures) + position] += value
                if resolution.life is not None and resolution.length is not None:
                    expiry[address] = (chunk + 1) * group.buckets_per_hash * resolution.length + resolution.life
        for cut, member in cut_members:
            members[group.name, cut].add(member)
    changed = {a: {p: v for p, v in cells.items() if v} for a, cells in additions.items()}
    return CellChanges({a: cells for a, cells in changed.items() if cells}, expiry, members, currencies, too_late)


def cell_group(group: MeasureGroup, currency: str) -> str:
    """The name that a group's cells of one currency go by."""
    return f"{group.name}.{currency}" if currency else group.name


def is_past_life(resolution: Resolution, buckets: Buckets, now: int) -> bool:
    """Is the bucket no longer kept?"""
    if resolution.life is None or resolution.length is None:
        return False
    return (buckets.of(resolution) + 1) * resolution.length + resolution.life <= now


def _kept(
    group: MeasureGroup, currency: str, resolution: Resolution, reporting_currency: str, values: list[int]
) -> list[tuple[int, int]]:
    """Positions and values to write. Months of another currency hold counts only: its rate changes by the day."""
    foreign_month = resolution is BY_MONTH and currency not in ("", reporting_currency)
    return [
        (i, value)
        for i, value in enumerate(values)
        if value and not (foreign_month and group.measures[i] in group.money)
    ]
