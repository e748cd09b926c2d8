"""From facts to cells: facts are gathered by (members, minute), and only then fanned out.

A batch of thousands of orders has few different (members, minute); every coarser bucket is made from the next finer
ones, of which there are fewer still.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.kpi_stream.measures import (
    BY_MONTH,
    MINUTE,
    Address,
    Buckets,
    Fact,
    MeasureGroup,
    Member,
    Resolution,
    buckets_at,
    cell_group,
)

Place = tuple[MeasureGroup, str, tuple[Member, ...]]
"""Where facts are gathered: group, currency and members."""


class Gathered:
    """Facts added up by place and minute: the new ones of entities, less the old ones."""

    def __init__(self) -> None:
        self._sums: dict[Place, dict[int, list[int]]] = {}

    def add(self, facts: Iterable[Fact]) -> None:
        for group, at, members, values, currency in facts:
            by_minute = self._sums.setdefault((group, currency, members), {})
            minute = at // group.step * group.step // MINUTE
            known = by_minute.get(minute)
            by_minute[minute] = list(values) if known is None else [a + b for a, b in zip(known, values, strict=True)]

    def take_away(self, facts: Iterable[Fact]) -> None:
        self.add(fact._replace(values=tuple(-value for value in fact.values)) for fact in facts)

    def items(self) -> Iterator[tuple[Place, dict[int, list[int]]]]:
        """Sums by place, then by minute, without those that came to nothing."""
        for place, by_minute in self._sums.items():
            changed = {minute: sums for minute, sums in by_minute.items() if any(sums)}
            if changed:
                yield place, changed


class CellChanges(NamedTuple):
    """What a batch does to cells, when their strings expire, and what came too late.

    `additions`: to every measure of a bucket, by string and by the bucket's place in it.
    """

    additions: Mapping[Address, Mapping[int, Sequence[int]]]
    expiry: Mapping[Address, int]
    members: Mapping[tuple[str, str], set[str]]
    currencies: Mapping[str, set[str]]
    too_late: Mapping[str, int]


class Bucket(NamedTuple):
    """Sums in a bucket of time; `ordinals` are those of a minute in it."""

    ordinals: Buckets
    sums: Sequence[int]


def fan_out(gathered: Gathered, *, zone: ZoneInfo, reporting_currency: str, now: int) -> CellChanges:
    """Facts to cells: every member of every fact, at every resolution that is still kept at `now` (seconds)."""
    additions: dict[Address, dict[int, Sequence[int]]] = {}
    expiry: dict[Address, int] = {}
    members: dict[tuple[str, str], set[str]] = defaultdict(set)
    currencies: dict[str, set[str]] = defaultdict(set)
    too_late: dict[str, int] = defaultdict(int)
    for (group, currency, cut_members), by_minute in gathered.items():
        if currency:
            currencies[group.name].add(currency)
        for cut, member in cut_members:
            members[group.name, cut].add(member)
        name = cell_group(group, currency)
        buckets = [Bucket(buckets_at(minute, zone), sums) for minute, sums in by_minute.items()]
        for resolution in group.resolutions:
            buckets = _coarser(buckets, resolution)
            kept = [bucket for bucket in buckets if not is_past_life(resolution, bucket.ordinals, now)]
            if len(kept) < len(buckets):
                too_late[group.name] += len(buckets) - len(kept)
            if resolution is BY_MONTH and currency not in ("", reporting_currency):
                kept = [bucket._replace(sums=_counts_only(group, bucket.sums)) for bucket in kept]
            for chunk, changes in _by_string(kept, group, resolution).items():
                for cut, member in cut_members:
                    address = Address(name, cut, member, resolution.letter, chunk)
                    _add(additions.setdefault(address, {}), changes)
                    if resolution.life is not None and resolution.length is not None:
                        expiry[address] = (chunk + 1) * group.buckets_per_string * resolution.length + resolution.life
    changed = ((address, {slot: sums for slot, sums in own.items() if any(sums)}) for address, own in additions.items())
    return CellChanges({a: own for a, own in changed if own}, expiry, members, currencies, too_late)


def _coarser(buckets: Sequence[Bucket], resolution: Resolution) -> list[Bucket]:
    """Buckets put together into those of a resolution."""
    found: dict[int, Bucket] = {}
    for bucket in buckets:
        ordinal = bucket.ordinals.of(resolution)
        known = found.get(ordinal)
        if known is not None:
            bucket = Bucket(known.ordinals, [a + b for a, b in zip(known.sums, bucket.sums, strict=True)])  # noqa: PLW2901
        found[ordinal] = bucket
    return list(found.values())


def _by_string(
    buckets: Iterable[Bucket], group: MeasureGroup, resolution: Resolution
) -> dict[int, list[tuple[int, Sequence[int]]]]:
    """Sums by their place in a string, by string."""
    found: dict[int, list[tuple[int, Sequence[int]]]] = {}
    for bucket in buckets:
        chunk, slot = divmod(bucket.ordinals.of(resolution), group.buckets_per_string)
        found.setdefault(chunk, []).append((slot, bucket.sums))
    return found


def _add(cells: dict[int, Sequence[int]], changes: Iterable[tuple[int, Sequence[int]]]) -> None:
    for slot, sums in changes:
        known = cells.get(slot)
        cells[slot] = sums if known is None else [a + b for a, b in zip(known, sums, strict=True)]


def is_past_life(resolution: Resolution, buckets: Buckets, now: int) -> bool:
    """Is the bucket no longer kept?"""
    if resolution.life is None or resolution.length is None:
        return False
    return (buckets.of(resolution) + 1) * resolution.length + resolution.life <= now


def _counts_only(group: MeasureGroup, sums: Sequence[int]) -> Sequence[int]:
    """Months of another currency hold no money: its rate changes by the day."""
    return [0 if name in group.money else value for name, value in zip(group.measures, sums, strict=True)]
