"""State versions: a random id for each state in Redis, with what it was made from.

`contributions(old)` must be what was really added, so a state made by other folds, contributions, formats or settings
is of no use to this release: its worker refuses to touch it and names `cadran rebuild`.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Self

import msgspec

from services.common.keys import StateKeys
from services.common.settings import Settings
from services.kpi_stream.declared import Declared
from services.kpi_stream.entities.kinds import CONSUMED_TOPICS, ENTITY_KINDS, NOTICES_VERSION
from services.kpi_stream.kpis import all_kpis

FORMAT_VERSION = 4
"""Raise it when the layout of keys, cells or packed entities changes."""


class StateVersion(msgspec.Struct, frozen=True):
    """A state and what it was made from; `topics` are Kafka's ids of the consumed topics."""

    version: str
    digest: str
    cluster: str
    topics: dict[str, str]
    partitions: int
    shards: int
    entity_hashes: int

    def keys(self, shard: int) -> StateKeys:
        return StateKeys(self.version, shard, self.entity_hashes)

    def all_keys(self) -> list[StateKeys]:
        """The keys of every shard."""
        return [self.keys(shard) for shard in range(self.shards)]

    def is_made_like(self, other: Self) -> bool:
        """Is the other made from the same topics by the same release and settings?"""
        return msgspec.structs.replace(self, version=other.version) == other

    def shard_of(self, partition: int) -> int:
        return partition % self.shards


def digest(settings: Settings, declared: Declared) -> str:
    """A name for everything that a state depends on: equal digests mean that the state can be gone on with."""
    parts: list[object] = [
        FORMAT_VERSION,
        NOTICES_VERSION,
        sorted((kind.name, kind.version) for kind in ENTITY_KINDS.values()),
        sorted((kpi.id, kpi.version) for kpi in all_kpis().values()),
        [settings.reporting_currency, settings.partitions, settings.shards, settings.entity_hashes],
        msgspec.structs.asdict(declared),
    ]
    return blake2b(msgspec.json.encode(parts, enc_hook=str, order="sorted"), digest_size=8).hexdigest()


def partition_fields(partitions: int) -> Iterable[tuple[str, int]]:
    """The name under which each consumed partition's offset is kept."""
    return ((f"{topic}:{p}", p) for topic in CONSUMED_TOPICS for p in range(partitions))
