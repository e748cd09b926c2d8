"""Every key that Cadran uses in Redis, in one place.

State lives under `cadran:<state version>:{<shard>}:…`: only the shard stands in braces, so that on Redis Cluster all
keys that one commit touches share a slot. Members of a cut are percent-encoded.
"""

from functools import lru_cache
from urllib.parse import quote
from zlib import crc32

STATE_POINTER = "cadran:state"
"""String: the live state version and what it was made from. The one thing that a rebuild switches."""

REBUILDING = "cadran:rebuilding"
"""String: held while a rebuild is at work."""

DRAFT = "cadran:draft"
"""String: the id of the state that a rebuild is making; it outlives a rebuild that was interrupted."""

SEEN = "cadran:seen"
"""Prefix of the marks of events that Kafka has acknowledged: `cadran:seen:<name>` -> fingerprint, for seven days."""


EVERY_STATE = f"cadran:{'[0-9a-f]' * 8}:*"
"""Pattern of the keys of all state versions: an access list of Redis can leave out the other keys only so."""


def state_record(version: str) -> str:
    """String: what a state version was made from (digest, cluster, topics)."""
    return f"cadran:{version}:made_of"


NEIGHBOURS = 2
"""Entities whose ids differ in so many last letters alone share a hash: most are numbered in turn, and what comes in
turn is then read and written in few calls."""


class StateKeys:
    """The keys of one state version in one shard."""

    def __init__(self, version: str, shard: int, entity_hashes: int) -> None:
        self.prefix = f"cadran:{version}:{{{shard}}}:"
        self._entity_hashes = entity_hashes

    @property
    def next_offsets(self) -> str:
        """Hash: `topic:partition` -> the offset that the next batch must begin at."""
        return f"{self.prefix}next"

    @property
    def applied_at(self) -> str:
        """Hash: `topic:partition` -> `receivedat` of the last record applied, in ms."""
        return f"{self.prefix}applied"

    @property
    def sources(self) -> str:
        """Hash: `source|topic:partition` -> `receivedat` of the last record from it, in ms."""
        return f"{self.prefix}sources"

    @property
    def too_late(self) -> str:
        """Hash: measure group -> additions that missed a minute or hour cell which had expired."""
        return f"{self.prefix}too_late"

    def entities(self, kind: str, entity_id: str) -> str:
        """Hash: entity id -> packed entity. Spread by crc32, which is the same in every process."""
        return _entity_key(self.prefix, kind, entity_id[:-NEIGHBOURS], self._entity_hashes)

    def reference(self, kind: str) -> str:
        """Hash: subject -> packed statements; small, and read whole."""
        return f"{self.prefix}ref:{kind}"

    def index(self, kind: str, day: int) -> str:
        """Set: the ids of the entities that count on a day (days since 1970-01-01)."""
        return f"{self.prefix}i:{kind}:{day}"

    def cells(self, group: str, cut: str, member: str, resolution: str, chunk: int) -> str:
        """String: cells of 64 bits side by side, the most significant byte first."""
        return f"{self.prefix}c:{group}:{cut}:{_quoted(member)}:{resolution}{chunk}"

    @property
    def pages(self) -> str:
        """Hash: page of cells -> a mark of the last commit that wrote to one of its strings."""
        return f"{self.prefix}pages"

    def members(self, group: str, cut: str) -> str:
        """Set: the members that a cut has ever had."""
        return f"{self.prefix}m:{group}:{cut}"

    def currencies(self, group: str) -> str:
        """Set: the currencies that a group of measures has ever had."""
        return f"{self.prefix}cur:{group}"


@lru_cache(maxsize=16384)
def _entity_key(prefix: str, kind: str, neighbours: str, hashes: int) -> str:
    return f"{prefix}e:{kind}:{crc32(neighbours.encode()) % hashes:x}"


@lru_cache(maxsize=16384)
def _quoted(member: str) -> str:
    return quote(member, safe="")
