"""The state in Redis, as a worker uses it: at most one read and one script call per partition batch."""

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from services.common.keys import StateKeys
from services.kpi_stream.entities.kinds import ENTITY_KINDS
from services.kpi_stream.fan_out import CellChanges
from services.kpi_stream.folding import EntityName, Folded
from services.kpi_stream.measures import Address, page
from services.kpi_stream.state_version import StateVersion

READ, COMMIT = ((Path(__file__).parent / f"{name}.lua").read_text() for name in ("read", "commit"))

_pack = msgspec.msgpack.Encoder()
_unpack = {name: msgspec.msgpack.Decoder(kind.model) for name, kind in ENTITY_KINDS.items()}


class Conflict(Exception):
    """The partition stands elsewhere than this worker thought: another worker, a replay or a failover came between."""

    def __init__(self, stored: int | None) -> None:
        super().__init__(f"the stored offset is {stored}")
        self.stored = stored


class NotNew(Exception):
    """An entity that was taken to be new is there: the batch has to be folded onto what is."""


class Work(NamedTuple):
    """All that one batch writes beside the offset: the script's arguments, and how many fields and members they are."""

    arguments: Sequence[bytes]
    writes: int


class StateStore:
    """One state version in Redis."""

    def __init__(self, redis: Redis, state: StateVersion) -> None:
        self._redis = redis
        self.state = state
        self._digests: dict[str, str] = {}

    async def next_offsets(self, partitions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int | None]:
        """Where each partition's next batch must begin; none where this state does not know the partition."""
        wanted = list(partitions)
        async with self._redis.pipeline(transaction=False) as pipeline:
            for topic, partition in wanted:
                pipeline.hget(self._keys(partition).next_offsets, f"{topic}:{partition}")
            stored = await pipeline.execute()
        return {tp: None if value is None else int(value) for tp, value in zip(wanted, stored, strict=True)}

    async def read(
        self, topic: str, partition: int, expected: int, names: Collection[EntityName]
    ) -> dict[EntityName, Any]:
        """The entities that there are, read in one script together with the offset.

        :raises Conflict: when the partition does not stand at `expected`.
        """
        by_key = self._by_key(partition, names)
        answer = await self._run(READ, partition, f"{topic}:{partition}", expected, _pack.encode(_ids(by_key)))
        if answer[0] == b"conflict":
            raise Conflict(int(answer[1]) if answer[1] else None)
        flat = (name for group in by_key.values() for name in group)
        return {
            name: _unpack[name.kind].decode(value)
            for name, value in zip(flat, answer[1:], strict=True)
            if value is not None
        }

    async def commit(self, topic: str, partition: int, expected: int, following: int, work: Work) -> None:
        """Write a batch and the offset after it, both or neither.

        :raises Conflict: when the partition does not stand at `expected`; nothing was written.
        :raises NotNew: when an entity that was taken to be new is there; nothing was written.
        """
        answer = await self._run(COMMIT, partition, f"{topic}:{partition}", expected, following, *work.arguments)
        if answer[0] == b"conflict":
            raise Conflict(int(answer[1]) if answer[1] else None)
        if answer[0] == b"known":
            raise NotNew

    async def _run(self, script: str, partition: int, *arguments: Any) -> Any:
        key = self._keys(partition).next_offsets
        if script not in self._digests:
            self._digests[script] = str(await self._redis.script_load(script))
        try:
            return await self._redis.evalsha(self._digests[script], 1, key, *arguments)
        except NoScriptError:  # another Redis answers than the one that loaded it
            del self._digests[script]
            return await self._redis.eval(script, 1, key, *arguments)

    def work(
        self,
        topic: str,
        partition: int,
        folded: Folded,
        cells: CellChanges,
        *,
        new: Set[EntityName],
        applied_ms: int,
        sources: Mapping[str, int],
    ) -> Work:
        """What the commit writes, as the script takes it; `new` are the entities that must not be there."""
        keys, at = self._keys(partition), f"{topic}:{partition}"
        absent = self._by_key(partition, new - folded.entities.keys())
        begun = self._by_key(partition, folded.entities.keys() & new)
        changed = self._by_key(partition, folded.entities.keys() - new)
        packed = [folded.packed[name] for by_key in (begun, changed) for names in by_key.values() for name in names]
        lengths = [len(entity) for entity in packed]
        sets = [(keys.applied_at, [at, str(applied_ms)])]
        if sources:
            heard = [text for source, ms in sources.items() for text in (f"{source}|{at}", str(ms))]
            sets.append((keys.sources, heard))
        if cells.additions:
            sets.append((keys.pages, _marked(cells.additions)))
        late = [part for change in cells.too_late.items() for part in change]
        buckets, deltas = [], list[int]()
        for address, own in cells.additions.items():
            slots = sorted(own)
            for slot in slots:
                deltas += own[slot]
            buckets.append((keys.cells(*address), cells.expiry.get(address, 0), len(own[slots[0]]), slots))
        add = [(keys.members(*cut), sorted(members)) for cut, members in cells.members.items()]
        add += [(keys.currencies(group), sorted(codes)) for group, codes in cells.currencies.items()]
        add += [(keys.index(*day), sorted(ids)) for day, ids in folded.entered.items()]
        remove = [(keys.index(*day), sorted(ids)) for day, ids in folded.left.items()]
        lists = (_ids(absent), _ids(begun), _ids(changed), lengths, sets, (keys.too_late, late), buckets, add, remove)
        cells_written = sum(len(own) for own in cells.additions.values())
        members_written = sum(len(members) for _, members in (*add, *remove))
        arguments = (_pack.encode(lists), b"".join(packed), _packed_integers(deltas))
        return Work(arguments, len(packed) + cells_written + members_written)

    def _by_key(self, partition: int, names: Iterable[EntityName]) -> dict[str, list[EntityName]]:
        """Entities by the hash that holds them."""
        keys, found = self._keys(partition), dict[str, list[EntityName]]()
        for name in names:
            key = entity_key(keys, name)
            group = found.get(key)
            if group is None:
                found[key] = [name]
            else:
                group.append(name)
        return found

    def _keys(self, partition: int) -> StateKeys:
        return self.state.keys(self.state.shard_of(partition))


def entity_key(keys: StateKeys, name: EntityName) -> str:
    """The hash that holds an entity."""
    return keys.reference(name.kind) if ENTITY_KINDS[name.kind].is_reference else keys.entities(name.kind, name.id)


def _ids(by_key: Mapping[str, Iterable[EntityName]]) -> list[tuple[str, list[str]]]:
    return [(key, [name.id for name in group]) for key, group in by_key.items()]


def _marked(addresses: Iterable[Address]) -> list[str]:
    """The pages of some strings, each with a mark that no other commit leaves."""
    pages = {(address.group, address.resolution, address.chunk) for address in addresses}
    mark = uuid4().hex
    return [text for name in {page(*own) for own in pages} for text in (name, mark)]


def _packed_integers(values: Sequence[int]) -> bytes:
    """64 bits each, the most significant byte first."""
    return struct.pack(f">{len(values)}q", *values)
