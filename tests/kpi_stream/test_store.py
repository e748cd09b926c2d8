"""The fenced commit on a real Redis: all of a batch and its offset, or nothing of it."""

import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from services.common.events import encode
from services.kpi_stream.fan_out import CellChanges
from services.kpi_stream.folding import EntityName, Folded, Folder, by_entity
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.measures import CELLS_PER_STRING, Address
from services.kpi_stream.records import read
from services.kpi_stream.store import Conflict, NotNew, StateStore, Work
from tests.support.engine import STATE, MemoryRecord
from tests.support.events import DECLARED, at, event, line

TOPIC = "cadran.orders"
sums = st.integers(-10, 10) | st.integers(-(2**54), 2**54) | st.integers(-(2**59), 2**59)
CELL = Address("sales.EUR", "all", "", "m", 47)
NOTHING = CellChanges({}, {}, {}, {}, {})


@pytest.fixture
async def store(redis: Redis) -> StateStore:
    await redis.hset(STATE.keys(0).next_offsets, f"{TOPIC}:0", "5")
    return StateStore(redis, STATE)


def orders(*names: str) -> Folded:
    records = [
        MemoryRecord(i, 5, None, encode(event("order.placed", name, at("2026-11-02 10:00"), **PLACED)), [])
        for i, name in enumerate(names)
    ]
    return Folder(all_kpis().values(), DECLARED).fold(by_entity(read(records, STATE).items), {})


PLACED: dict[str, Any] = {"channel": "x", "currency": "EUR", "lines": [line(100)]}


def work(store: StateStore, folded: Folded, cells: CellChanges = NOTHING, *, new: tuple[str, ...] = ()) -> Work:
    names = {EntityName("order", name) for name in new}
    return store.work(TOPIC, 0, folded, cells, new=names, applied_ms=7, sources={"/shop": 9})


def adding(slot: int, *values: int) -> CellChanges:
    return NOTHING._replace(additions={CELL: {slot: values}}, members={("sales", "all"): {""}})


async def bucket(redis: Redis, slot: int) -> tuple[int, ...]:
    """Two cells side by side, as Redis holds them."""
    packed = await redis.getrange(STATE.keys(0).cells(*CELL), slot * 16, slot * 16 + 15)
    return struct.unpack(">qq", packed)


async def content(redis: Redis) -> dict[bytes, Any]:
    """Everything that Redis holds."""
    found: dict[bytes, Any] = {}
    for key in await redis.keys("*"):
        kind = await redis.type(key)
        read = {b"hash": redis.hgetall, b"set": redis.smembers, b"string": redis.get}[kind]
        found[key] = await read(key)
    return found


async def test_a_batch_is_written_with_the_offset_after_it(store: StateStore, redis: Redis) -> None:
    folded = orders("O1", "O2")
    await store.commit(TOPIC, 0, 5, 7, work(store, folded, adding(3, 2**60 + 1, -5), new=("O1", "O2")))
    assert await store.next_offsets([(TOPIC, 0), (TOPIC, 1)]) == {(TOPIC, 0): 7, (TOPIC, 1): None}
    names = [EntityName("order", name) for name in ("O1", "O2", "O3")]
    assert await store.read(TOPIC, 0, 7, names) == folded.entities
    assert await bucket(redis, 3) == (2**60 + 1, -5)


@given(st.lists(st.tuples(st.integers(0, 3), sums, sums), max_size=8))
@settings(max_examples=50)
async def test_cells_add_up_exactly_whatever_their_size(url: str, additions: list[tuple[int, int, int]]) -> None:
    redis = Redis.from_url(url)
    await redis.flushdb()
    await redis.hset(STATE.keys(0).next_offsets, f"{TOPIC}:0", "5")
    store, expected = StateStore(redis, STATE), dict.fromkeys(range(4), (0, 0))
    for i, (slot, *values) in enumerate(additions):
        await store.commit(TOPIC, 0, 5 + i, 6 + i, work(store, Folded(), adding(slot, *values)))
        expected[slot] = tuple(a + b for a, b in zip(expected[slot], values, strict=True))
    if additions:
        assert {slot: await bucket(redis, slot) for slot in range(4)} == expected
    await redis.aclose()


async def test_a_string_of_cells_is_made_at_its_full_length(store: StateStore, redis: Redis) -> None:
    """One that grows takes twice its room."""
    await store.commit(TOPIC, 0, 5, 6, work(store, Folded(), adding(3, 1, 2)))
    assert await redis.strlen(STATE.keys(0).cells(*CELL)) == 8 * CELLS_PER_STRING


async def test_cells_whose_time_has_come_by_the_clock_of_redis_leave_nothing(store: StateStore, redis: Redis) -> None:
    """What a write after the end would leave would never end, and not be of its full length."""
    past = adding(3, 1, 2)._replace(expiry={CELL: 1_000_000_000})
    await store.commit(TOPIC, 0, 5, 6, work(store, Folded(), past))
    assert not await redis.exists(STATE.keys(0).cells(*CELL))


async def test_cells_end_when_their_time_comes(store: StateStore, redis: Redis) -> None:
    await store.commit(TOPIC, 0, 5, 6, work(store, Folded(), adding(3, 1, 2)._replace(expiry={CELL: 4_000_000_000})))
    await store.commit(TOPIC, 0, 6, 7, work(store, Folded(), adding(3, 1, 2)._replace(expiry={CELL: 4_000_000_000})))
    assert await redis.expiretime(STATE.keys(0).cells(*CELL)) == 4_000_000_000


@pytest.mark.parametrize("expected", [4, 6])
async def test_a_batch_that_does_not_begin_where_redis_stands_changes_nothing(
    store: StateStore, redis: Redis, expected: int
) -> None:
    before = await content(redis)
    with pytest.raises(Conflict) as conflict:
        await store.commit(TOPIC, 0, expected, expected + 1, work(store, orders("O1"), adding(1, 1, 0)))
    assert conflict.value.stored == 5
    with pytest.raises(Conflict):
        await store.read(TOPIC, 0, expected, [EntityName("order", "O1")])
    assert await content(redis) == before


async def test_an_entity_taken_to_be_new_that_is_there_changes_nothing(store: StateStore, redis: Redis) -> None:
    await store.commit(TOPIC, 0, 5, 6, work(store, orders("O1"), new=("O1",)))
    before = await content(redis)
    with pytest.raises(NotNew):
        await store.commit(TOPIC, 0, 6, 7, work(store, orders("O9", "O1"), adding(1, 1, 0), new=("O9", "O1")))
    assert await content(redis) == before


@pytest.mark.parametrize("value", [2**62, -(2**63) + 1])
async def test_a_sum_that_would_leave_64_bits_changes_nothing(store: StateStore, redis: Redis, value: int) -> None:
    half = 2**62 if value > 0 else -(2**62)
    await store.commit(TOPIC, 0, 5, 6, work(store, Folded(), adding(1, 0, half)))
    before = await content(redis)
    with pytest.raises(ResponseError, match="64 bits"):
        await store.commit(TOPIC, 0, 6, 7, work(store, orders("O1"), adding(1, 1, value)))
    assert await content(redis) == before


async def test_a_batch_of_thousands_is_written_whole_and_read_whole(store: StateStore) -> None:
    names = [f"O{i}" for i in range(5000)]
    folded = orders(*names)
    await store.commit(TOPIC, 0, 5, 6, work(store, folded, new=tuple(names)))
    assert await store.read(TOPIC, 0, 6, list(folded.entities)) == folded.entities


async def test_a_redis_that_has_forgotten_the_scripts_is_taught_again(store: StateStore, redis: Redis) -> None:
    await store.commit(TOPIC, 0, 5, 6, work(store, orders("O1")))
    await redis.script_flush()
    await store.commit(TOPIC, 0, 6, 7, work(store, orders("O2")))
    assert await store.next_offsets([(TOPIC, 0)]) == {(TOPIC, 0): 7}
