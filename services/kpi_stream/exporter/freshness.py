"""How fresh numbers are: what Kafka holds, against what was applied. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from services.common.topics import Topic

Offsets = Mapping[tuple[str, int], int]
"""A number by topic and partition."""


class PartitionFreshness(msgspec.Struct, frozen=True):
    """One partition: how far it was read, and how long ago what was read last had come in."""

    topic: str
    partition: int
    next: int
    end: int | None
    lag: int | None
    as_of: datetime | None


class Freshness(msgspec.Struct, frozen=True):
    """All partitions at the moment of a check."""

    partitions: tuple[PartitionFreshness, ...]

    def as_of(self, topics: Iterable[Topic]) -> datetime | None:
        """The minimum over the partitions of some topics; none where one of them was never read to its end."""
        wanted = set(topics)
        times = [partition.as_of for partition in self.partitions if partition.topic in wanted]
        known = [time for time in times if time is not None]
        return min(known) if known and len(known) == len(times) else None


def freshness(nexts: Offsets, applied: Offsets, ends: Offsets, checked_at: datetime | None) -> Freshness:
    """Per partition: the time of the check where all was applied, else `receivedat` of the last record applied."""
    found = []
    for (topic, partition), following in sorted(nexts.items()):
        end = ends.get((topic, partition))
        applied_ms = applied.get((topic, partition))
        last = datetime.fromtimestamp(applied_ms / 1000, UTC) if applied_ms is not None else None
        caught_up = end is not None and following >= end
        as_of = checked_at if caught_up else last
        lag = max(0, end - following) if end is not None else None
        found.append(PartitionFreshness(topic, partition, following, end, lag, as_of))
    return Freshness(tuple(found))
