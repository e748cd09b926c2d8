"""The state in Redis, as a worker uses it: one read and one script call per partition batch."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from services.common.keys import StateKeys
from services.kpi_stream.entities.kinds import ENTITY_KINDS
from services.kpi_stream.fan_out import CellChanges
from services.kpi_stream.folding import EntityName, Folded
from services.kpi_stream.state_version import StateVersion

SCRIPT = (Path(__file__).parent / "commit.lua").read_text()

_pack = msgspec.msgpack.Encoder()
_unpack = {name: msgspec.msgpack.Decoder(kind.model) for name, kind in ENTITY_KINDS.items()}


class Conflict(Exception):
    """The partition stands elsewhere than this worker thought: another worker, a replay or a failover came between."""

    def __init__(self, stored: int | None) -> None:
        super().__init__(f"the stored offset is {stored}")
        self.stored = stored


class Work(NamedTuple):
    """All that one batch writes beside the offset: the script's arguments, and how many fields and members they are."""

    arguments: Sequence[str | bytes | int]
    writes: int


class StateStore:
    """One state version in Redis."""

    def __init__(self, redis: Redis, state: StateVersion) -> None:
        self._redis = redis
        self.state = state
        self._sha: str | None = None

    async def next_offsets(self, partitions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int | None]:
        """Where each partition's next batch must begin; none where this state does not know the partition."""
        wanted = list(partitions)
        async with self._redis.pipeline(transaction=False) as pipeline:
            for topic, partition in wanted:
                pipeline.hget(self._keys(partition).next_offsets, f"{topic}:{partition}")
            stored = await pipeline.execute()
        return {tp: None if value is None else int(value) for tp, value in zip(wanted, stored, strict=True)}

    async def read(
        self, topic: str, partition: int, expected: int, names: Sequence[EntityName]
    ) -> dict[EntityName, Any]:
        """The entities that there are, read in one transaction with the offset.

        :raises Conflict: when the partition does not stand at `expected`.
        """
        keys = self._keys(partition)
        by_hash: dict[str, list[EntityName]] = {}
        for name in names:
            by_hash.setdefault(entity_key(keys, name), []).append(name)
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hget(keys.next_offsets, f"{topic}:{partition}")
            for key, group in by_hash.items():
                pipeline.hmget(key, [name.id for name in group])
            stored, *packed = await pipeline.execute()
        if stored is None or int(stored) != expected:
            raise Conflict(None if stored is None else int(stored))
        return {
            name: _unpack[name.kind].decode(value)
            for group, values in zip(by_hash.values(), packed, strict=True)
            for name, value in zip(group, values, strict=True)
            if value is not None
        }

    async def commit(self, topic: str, partition: int, expected: int, following: int, work: Work) -> None:
        """Write a batch and the offset after it, both or neither.

        :raises Conflict: when the partition does not stand at `expected`; nothing was written.
        """
        arguments = (f"{topic}:{partition}", expected, following, *work.arguments)
        done, stored = await self._run(self._keys(partition).next_offsets, arguments)
        if not done:
            raise Conflict(int(stored) if stored else None)

    async def _run(self, key: str, arguments: Sequence[Any]) -> Any:
        if self._sha is None:
            self._sha = str(await self._redis.script_load(SCRIPT))
        try:
            return await self._redis.evalsha(self._sha, 1, key, *arguments)
        except NoScriptError:  # another Redis answers than the one that loaded it
            self._sha = None
            return await self._redis.eval(SCRIPT, 1, key, *arguments)

    def work(
        self,
        topic: str,
        partition: int,
        folded: Folded,
        cells: CellChanges,
        *,
        applied_ms: int,
        sources: Mapping[str, int],
    ) -> Work:
        """What the commit writes, as the script takes it."""
        keys, at = self._keys(partition), f"{topic}:{partition}"
        sets: dict[str, list[str | bytes]] = {}
        for name, entity in folded.entities.items():
            sets.setdefault(entity_key(keys, name), []).extend((name.id, _pack.encode(entity)))
        sets[keys.applied_at] = [at, str(applied_ms)]
        if sources:
            sets[keys.sources] = [text for source, ms in sources.items() for text in (f"{source}|{at}", str(ms))]
        increments = [
            (keys.cells(*address), cells.expiry.get(address, 0), _flat(additions))
            for address, additions in cells.additions.items()
        ]
        if cells.too_late:
            increments.append((keys.too_late, 0, _flat(cells.too_late)))
        add = [(keys.members(*cut), sorted(members)) for cut, members in cells.members.items()]
        add += [(keys.currencies(group), sorted(codes)) for group, codes in cells.currencies.items()]
        add += [(keys.index(*day), sorted(ids)) for day, ids in folded.entered.items()]
        remove = [(keys.index(*day), sorted(ids)) for day, ids in folded.left.items()]
        pairs = sum(len(fields) for fields in sets.values()) + sum(len(fields) for _, _, fields in increments)
        arguments = [
            *_listed((key, len(fields), *fields) for key, fields in sets.items()),
            *_listed((key, expire_at, len(fields), *fields) for key, expire_at, fields in increments),
            *_listed((key, len(members), *members) for key, members in add),
            *_listed((key, len(members), *members) for key, members in remove),
        ]
        return Work(arguments, pairs // 2 + sum(len(members) for _, members in (*add, *remove)))

    def _keys(self, partition: int) -> StateKeys:
        return self.state.keys(self.state.shard_of(partition))


def entity_key(keys: StateKeys, name: EntityName) -> str:
    """The hash that holds an entity."""
    return keys.reference(name.kind) if ENTITY_KINDS[name.kind].is_reference else keys.entities(name.kind, name.id)


def _listed(items: Iterable[Sequence[str | bytes | int]]) -> Iterator[str | bytes | int]:
    """A list as the script takes it: how many items, then the values of each."""
    found = list(items)
    yield len(found)
    for item in found:
        yield from item


def _flat(additions: Mapping[Any, int]) -> list[str]:
    return [text for field, value in additions.items() for text in (str(field), str(value))]
