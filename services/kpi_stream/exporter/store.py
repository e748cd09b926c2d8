"""The state in Redis, as readers use it: totals of cells, reference statements, freshness, entities."""

import asyncio
from array import array
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from operator import add
from typing import Any

import msgspec
from redis.asyncio import Redis

from services.common.errors import Unavailable
from services.common.keys import STATE_POINTER
from services.common.topics import Topic
from services.kpi_stream.cells import Reporting, counts_by_day, stretches, total
from services.kpi_stream.entities.kinds import ENTITY_KINDS
from services.kpi_stream.entities.reference import Reference
from services.kpi_stream.exporter.at_hand import AtHand, Marks
from services.kpi_stream.exporter.freshness import Offsets
from services.kpi_stream.folding import EntityName
from services.kpi_stream.kpis.requests import Asking, CountsByDay, EntitiesNamed, EntitiesOn, MembersOf, Request, Sum, T
from services.kpi_stream.kpis.world import World
from services.kpi_stream.measures import Address, day_ordinal
from services.kpi_stream.state_version import StateVersion
from services.kpi_stream.store import entity_key

WISHES_AT_ONCE = 200
"""Some ten milliseconds' worth: whoever else asks must not wait for all of a large computation."""

STRINGS_AT_ONCE = 1000
"""Some 4 MB: Redis, and whoever else asks here, must not wait for all of a large reading."""

Statements = Mapping[str, Mapping[str, Reference]]
"""Reference statements by event type and subject."""


_reference = msgspec.msgpack.Decoder(Reference)
_entities = {name: msgspec.msgpack.Decoder(kind.model) for name, kind in ENTITY_KINDS.items()}


class StateReader:
    """Reads the live state; follows its pointer, so that a rebuild switches readers too."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._statements: tuple[Any, Statements] = (None, {})

    async def live(self) -> StateVersion:
        """The live state.

        :raises Unavailable: while there is none.
        """
        pointer = await self._redis.get(STATE_POINTER)
        if pointer is None:
            raise Unavailable("there is no state yet: no worker has begun", mend="start a worker, then try again")
        return msgspec.json.decode(pointer, type=StateVersion)

    async def positions(self, state: StateVersion) -> tuple[Offsets, Offsets]:
        """Per partition: the next offset, and `receivedat` of the last record applied (ms since 1970)."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for keys in state.all_keys():
                pipeline.hgetall(keys.next_offsets)
                pipeline.hgetall(keys.applied_at)
            answers = await pipeline.execute()
        found: tuple[dict[tuple[str, int], int], ...] = ({}, {})
        for i, answer in enumerate(answers):
            for field, value in answer.items():
                topic, _, partition = field.decode().rpartition(":")
                found[i % 2][topic, int(partition)] = int(value)
        return found[0], found[1]

    async def heard(self, state: StateVersion) -> dict[tuple[str, str], int]:
        """By topic and source: the latest `receivedat` (ms since 1970)."""
        latest: dict[tuple[str, str], int] = {}
        for keys in state.all_keys():
            for field, value in (await self._redis.hgetall(keys.sources)).items():
                source, _, partition = _text(field).rpartition("|")
                name = (partition.rpartition(":")[0], source)
                latest[name] = max(latest.get(name, 0), int(value))
        return latest

    async def too_late(self, state: StateVersion) -> dict[str, int]:
        """By measure group: additions that missed a minute or hour cell which was kept no longer."""
        found: dict[str, int] = {}
        for keys in state.all_keys():
            for group, count in (await self._redis.hgetall(keys.too_late)).items():
                found[_text(group)] = found.get(_text(group), 0) + int(count)
        return found

    async def statements(self, state: StateVersion) -> Statements:
        """All reference statements; kept until a reference partition moves."""
        nexts, _ = await self.positions(state)
        stamp = (state.version, sorted((tp, n) for tp, n in nexts.items() if tp[0] == Topic.REFERENCE))
        if self._statements[0] != stamp:
            self._statements = (stamp, await self._read_statements(state))
        return self._statements[1]

    async def _read_statements(self, state: StateVersion) -> Statements:
        kinds = [kind.name for kind in ENTITY_KINDS.values() if kind.is_reference]
        async with self._redis.pipeline(transaction=False) as pipeline:
            for keys in state.all_keys():
                for kind in kinds:
                    pipeline.hgetall(keys.reference(kind))
            answers = await pipeline.execute()
        found: dict[str, dict[str, Reference]] = {kind: {} for kind in kinds}
        for i, answer in enumerate(answers):
            into = found[kinds[i % len(kinds)]]
            into.update({subject.decode(): _reference.decode(packed) for subject, packed in answer.items()})
        return found

    async def run(self, asking: Asking[T], state: StateVersion, world: World, at_hand: AtHand) -> T:
        """Carry out a computation: read what it asks for and is not at hand, round by round."""
        try:
            requests = next(asking)
            while True:
                await self._answer(requests, state, world, at_hand)
                requests = asking.send([at_hand.answers[request] for request in requests])
        except StopIteration as done:
            result: T = done.value
            return result

    async def _answer(self, requests: Sequence[Request], state: StateVersion, world: World, at_hand: AtHand) -> None:
        """Find the answers that are not at hand yet."""
        missing = dict.fromkeys(request for request in requests if request not in at_hand.answers)
        at_hand.answers.update(await self._looked_up(state, missing))
        of_cells = [request for request in missing if isinstance(request, Sum | CountsByDay)]
        if of_cells:
            await self._sum(of_cells, state, world, at_hand)

    async def _entities_on(self, request: EntitiesOn, state: StateVersion) -> list[Any]:
        ids = await self.entity_ids(state, request.kind, [day_ordinal(request.day)])
        names = [EntityName(request.kind, entity_id) for entity_id in ids]
        return [entity async for _, entity in self.entities(state, names)]

    async def _sum(
        self, requests: Sequence[Sum | CountsByDay], state: StateVersion, world: World, at_hand: AtHand
    ) -> None:
        codes, strings = at_hand.currencies, at_hand.strings
        codes |= await self._currencies(state, {request.group.name for request in requests} - codes.keys())
        reporting = Reporting(world.reporting_currency, world.calendar, world.convert)
        for i, request in enumerate(requests):
            if i % WISHES_AT_ONCE == 0:
                await asyncio.sleep(0)
            if not at_hand.knows(request):
                at_hand.note(request, stretches(request, codes[request.group.name], reporting))
        at_hand.take(await self._read_strings(state, sorted(at_hand.unread)))
        for i, request in enumerate(requests):
            if i % WISHES_AT_ONCE == 0:
                await asyncio.sleep(0)
            own = codes[request.group.name]
            at_hand.answers[request] = (
                total(request, own, strings, reporting)
                if isinstance(request, Sum)
                else counts_by_day(request, own, strings, reporting)
            )

    async def renew(self, at_hand: AtHand, state: StateVersion) -> None:
        """Have what is at hand be as the state is now; what moves meanwhile is seen the next time."""
        marks = await self._marks(state)
        strings = await self._read_strings(state, at_hand.moved(marks))
        not_of_cells = await self._looked_up(state, at_hand.not_of_cells())
        currencies = await self._currencies(state, at_hand.currencies)
        at_hand.renew(marks, strings, not_of_cells, currencies)

    async def _marks(self, state: StateVersion) -> Marks:
        found: dict[str, tuple[tuple[int, str], ...]] = {}
        for shard, keys in enumerate(state.all_keys()):
            for page, mark in (await self._redis.hgetall(keys.pages)).items():
                found[_text(page)] = (*found.get(_text(page), ()), (shard, _text(mark)))
        return found

    async def _looked_up(self, state: StateVersion, requests: Collection[Request]) -> dict[Request, Any]:
        """What of some requests is not told by cells: members and entities."""
        members = [request for request in requests if isinstance(request, MembersOf)]
        found: dict[Request, Any] = await self._sets(
            {each: [keys.members(each.group.name, each.cut) for keys in state.all_keys()] for each in members}
        )
        for request in requests:
            if isinstance(request, EntitiesOn):
                found[request] = await self._entities_on(request, state)
            elif isinstance(request, EntitiesNamed):
                names = [EntityName(request.kind, entity_id) for entity_id in request.ids]
                found[request] = {name.id: entity async for name, entity in self.entities(state, names)}
        return found

    async def _currencies(self, state: StateVersion, groups: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The currencies of some groups; the first is none at all."""
        found = await self._sets({name: [keys.currencies(name) for keys in state.all_keys()] for name in groups})
        return {name: ("", *sorted(currencies)) for name, currencies in found.items()}

    async def _sets(self, keys: Mapping[Any, Sequence[str]]) -> dict[Any, set[str]]:
        """The union of some sets, by name."""
        if not keys:
            return {}
        async with self._redis.pipeline(transaction=False) as pipeline:
            for names in keys.values():
                for name in names:
                    pipeline.smembers(name)
            answers = iter(await pipeline.execute())
        return {name: {m.decode() for _ in own for m in next(answers)} for name, own in keys.items()}

    async def _read_strings(self, state: StateVersion, wanted: Sequence[Address]) -> dict[Address, Sequence[int]]:
        """The cells of some strings, summed over the shards."""
        if not wanted:
            return {}
        found: dict[Address, Sequence[int]] = {}
        for start in range(0, len(wanted), STRINGS_AT_ONCE):
            some = wanted[start : start + STRINGS_AT_ONCE]
            shards = [await self._redis.mget([keys.cells(*address) for address in some]) for keys in state.all_keys()]
            found |= {address: _cells(own) for address, *own in zip(some, *shards, strict=True)}
        return found

    async def entity_ids(self, state: StateVersion, kind: str, days: Sequence[int]) -> list[str]:
        """The ids of the entities that count on some days, sorted."""
        keys = {day: [k.index(kind, day) for k in state.all_keys()] for day in days}
        found = await self._sets(keys)
        return sorted(set().union(*found.values())) if found else []

    async def entities(self, state: StateVersion, names: Sequence[EntityName]) -> AsyncIterator[tuple[EntityName, Any]]:
        """Entities by name, those that there are."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for name in names:
                for keys in state.all_keys():
                    pipeline.hget(entity_key(keys, name), name.id)
            answers = iter(await pipeline.execute())
        for name in names:
            for _ in range(state.shards):
                packed = next(answers)
                if packed is not None:
                    yield name, _entities[name.kind].decode(packed)


def _cells(strings: Iterable[bytes | None]) -> Sequence[int]:
    """Cells by position, added up over the shards; empty where there are none."""
    found: Sequence[int] = ()
    for packed in strings:
        if packed:
            own = array("q", packed)
            own.byteswap()  # Redis keeps the most significant byte first
            found = array("q", map(add, found, own)) if found else own
    return found


def _text(field: bytes | str) -> str:
    return field if isinstance(field, str) else field.decode()
