"""From facts to cells: facts are gathered by (members, minute), and only then fanned out.

A batch of thousands of orders has few different (members, minute); every coarser bucket is made from the next finer
ones, of which there are fewer still.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import add
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from services.kpi_stream.measures import (
    BY_MONTH,
    MINUTE,
    ORDINAL,
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
        self._sums: defaultdict[Place, dict[int, Sequence[int]]] = defaultdict(dict)

    def add(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            by_minute = self._sums[fact.group, fact.currency, fact.members]
            step = fact.group.step
            minute = fact.at // step * step // MINUTE
            known = by_minute.get(minute)
            by_minute[minute] = fact.values if known is None else _added_up(known, fact.values)

    def take_away(self, facts: Iterable[Fact]) -> None:
        self.add(replace(fact, values=tuple([-value for value in fact.values])) for fact in facts)

    def items(self) -> Iterator[tuple[Place, dict[int, Sequence[int]]]]:
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


class Bucket(msgspec.Struct, frozen=True, gc=False):
    """Sums in a bucket of time; `ordinals` are those of a minute in it."""

    ordinals: Buckets
    sums: Sequence[int]


Slots = dict[int, Sequence[int]]
"""Sums by their place in a string."""


def fan_out(gathered: Gathered, *, zone: ZoneInfo, reporting_currency: str, now: int) -> CellChanges:
    """Facts to cells: every member of every fact, at every resolution that is still kept at `now` (seconds)."""
    additions: dict[Address, Slots] = {}
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
            by_ordinal = _coarser(buckets, resolution)
            buckets = list(by_ordinal.values())
            kept = _kept(by_ordinal, resolution, now)
            if len(kept) < len(buckets):
                too_late[group.name] += len(buckets) - len(kept)
            if resolution is BY_MONTH and currency not in ("", reporting_currency):
                kept = {ordinal: _counts_only(group, sums) for ordinal, sums in kept.items()}
            for chunk, changes in _by_string(kept, group).items():
                expires_at = _expires_at(group, resolution, chunk)
                for cut, member in cut_members:
                    address = Address(name, cut, member, resolution.letter, chunk)
                    _add(additions, address, changes)
                    if expires_at:
                        expiry[address] = expires_at
    changed = ((address, {slot: sums for slot, sums in own.items() if any(sums)}) for address, own in additions.items())
    return CellChanges({a: own for a, own in changed if own}, expiry, members, currencies, too_late)


def _coarser(buckets: Sequence[Bucket], resolution: Resolution) -> dict[int, Bucket]:
    """Buckets put together into those of a resolution, by ordinal."""
    found: dict[int, Bucket] = {}
    ordinal_in = ORDINAL[resolution]
    for bucket in buckets:
        ordinal = ordinal_in(bucket.ordinals)
        known = found.get(ordinal)
        found[ordinal] = bucket if known is None else Bucket(known.ordinals, _added_up(known.sums, bucket.sums))
    return found


def _by_string(by_ordinal: Mapping[int, Sequence[int]], group: MeasureGroup) -> dict[int, Slots]:
    """Sums by string, and by their place in it."""
    found: dict[int, Slots] = {}
    for ordinal, sums in by_ordinal.items():
        chunk, slot = divmod(ordinal, group.buckets_per_string)
        found.setdefault(chunk, {})[slot] = sums
    return found


def _add(additions: dict[Address, Slots], address: Address, changes: Slots) -> None:
    cells = additions.get(address)
    if cells is None:
        additions[address] = changes.copy()
        return
    for slot, sums in changes.items():
        known = cells.get(slot)
        cells[slot] = sums if known is None else _added_up(known, sums)


def _added_up(some: Iterable[int], others: Iterable[int]) -> list[int]:
    """The sums of two buckets of one group: of each measure."""
    return [*map(add, some, others)]


def _kept(by_ordinal: Mapping[int, Bucket], resolution: Resolution, now: int) -> dict[int, Sequence[int]]:
    """Sums by ordinal, without the buckets whose life has ended."""
    if resolution.life is None or resolution.length is None:
        return {ordinal: bucket.sums for ordinal, bucket in by_ordinal.items()}
    first = (now - resolution.life) // resolution.length
    return {ordinal: bucket.sums for ordinal, bucket in by_ordinal.items() if ordinal >= first}


def _expires_at(group: MeasureGroup, resolution: Resolution, chunk: int) -> int:
    """When a string is no longer kept, in seconds since 1970; 0 where it is kept for ever."""
    if resolution.life is None or resolution.length is None:
        return 0
    return (chunk + 1) * group.buckets_per_string * resolution.length + resolution.life


def _counts_only(group: MeasureGroup, sums: Sequence[int]) -> Sequence[int]:
    """Months of another currency hold no money: its rate changes by the day."""
    return [0 if name in group.money else value for name, value in zip(group.measures, sums, strict=True)]
