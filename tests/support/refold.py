"""What a state must hold, and what one does hold: everything in Redis that is kept for ever.

What must be is worked out without batches, reads or commits: records are taken in one by one, and the facts of all
entities are added up at once.
"""

import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from redis.asyncio import Redis

from services.common.windows import Clock
from services.kpi_stream.entities.kinds import ENTITY_KINDS
from services.kpi_stream.fan_out import Gathered, fan_out
from services.kpi_stream.folding import EntityName, Folder
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.measures import BY_DAY, BY_MONTH, Address, day_at
from services.kpi_stream.records import Record, read
from services.kpi_stream.state_version import StateVersion
from tests.support.events import DECLARED, PARIS

FOLDER = Folder(all_kpis().values(), DECLARED)
KEPT_FOR_EVER = (BY_DAY.letter, BY_MONTH.letter)


class Content(NamedTuple):
    """Entities, cells of days and months by string and position, and the ids that count on a day; over all shards."""

    entities: dict[EntityName, Any]
    cells: dict[str, dict[int, int]]
    index: dict[str, set[str]]


def refolded(records: Iterable[Record], state: StateVersion) -> dict[EntityName, Any]:
    """The entities that some records make, each partition's in its order."""
    entities: dict[EntityName, Any] = {}
    for item in read(records, state).items:
        name = EntityName(item.kind.name, item.entity_id)
        entities[name] = item.take_in(entities.get(name, item.kind.empty), item.said, PARIS)
    return {name: entity for name, entity in entities.items() if entity != ENTITY_KINDS[name.kind].empty}


def cells_of(entities: Mapping[EntityName, Any], clock: Clock) -> dict[Address, dict[int, int]]:
    """The cells that some entities add up to."""
    gathered = Gathered()
    for name, entity in entities.items():
        gathered.add(FOLDER.facts(name, entity))
    changes = fan_out(gathered, zone=PARIS, reporting_currency="EUR", now=int(clock().timestamp()))
    kept = ((address, cells) for address, cells in changes.additions.items() if address.resolution in KEPT_FOR_EVER)
    return {address: by_position(additions) for address, additions in kept}


def by_position(additions: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """What is added to each cell of a string, by its position."""
    return {slot * len(sums) + i: value for slot, sums in additions.items() for i, value in enumerate(sums) if value}


def cells_in(packed: bytes) -> dict[int, int]:
    """The cells of a string that are not 0, by position."""
    values = struct.unpack(f">{len(packed) // 8}q", packed)
    return {position: value for position, value in enumerate(values) if value}


def content_of(entities: Mapping[EntityName, Any], state: StateVersion, clock: Clock) -> Content:
    """What a state of these entities must hold."""
    keys = state.keys(0)
    index: dict[str, set[str]] = defaultdict(set)
    for name, entity in entities.items():
        for fact in FOLDER.facts(name, entity):
            index[keys.index(name.kind, day_at(fact.at, PARIS)).removeprefix(keys.prefix)].add(name.id)
    cells = {keys.cells(*at).removeprefix(keys.prefix): cells for at, cells in cells_of(entities, clock).items()}
    return Content(dict(entities), cells, dict(index))


async def content_in(redis: Redis, state: StateVersion) -> Content:
    """What a state in Redis holds."""
    found = Content({}, defaultdict(lambda: defaultdict(int)), defaultdict(set))
    for keys in state.all_keys():
        names = [key.decode() async for key in redis.scan_iter(match=f"{keys.prefix}*", count=1000)]
        await _add_shard(found, redis, keys.prefix, names)
    cells = {key: {position: value for position, value in own.items() if value} for key, own in found.cells.items()}
    return Content(found.entities, {key: own for key, own in cells.items() if own}, dict(found.index))


async def _add_shard(found: Content, redis: Redis, prefix: str, names: Sequence[str]) -> None:
    parts = {name: name.removeprefix(prefix).split(":") for name in names}
    entities = [name for name, part in parts.items() if part[0] == "e"]
    strings = [n for n, p in parts.items() if p[0] == "c" and p[-1][0] in KEPT_FOR_EVER]
    sets = [name for name, part in parts.items() if part[0] == "i"]
    async with redis.pipeline(transaction=False) as pipeline:
        for own, read_one in ((entities, pipeline.hgetall), (strings, pipeline.get), (sets, pipeline.smembers)):
            for name in own:
                read_one(name)
        answers = iter(await pipeline.execute())
    for name in entities:
        kind = ENTITY_KINDS[parts[name][1]]
        for field, packed in next(answers).items():
            entity = EntityName(kind.name, field.decode())
            found.entities[entity] = msgspec.msgpack.decode(packed, type=kind.model)
    for name in strings:
        for position, value in cells_in(next(answers)).items():
            found.cells[name.removeprefix(prefix)][position] += value
    for name in sets:
        found.index[name.removeprefix(prefix)] |= {member.decode() for member in next(answers)}
