"""The processor on a real Redis: slices, what is told before a commit, and recovery. What it publishes is recorded."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from services.common.errors import Unavailable
from services.common.events import Event, encode
from services.common.publisher import Message
from services.common.topics import Topic
from services.kpi_stream.entities.notices import Notice
from services.kpi_stream.entities.order_notices import OrderSnapshot
from services.kpi_stream.fan_out import fan_out
from services.kpi_stream.folding import EntityName, Folder
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.metrics import WorkerMetrics
from services.kpi_stream.service import MAX_SLICE, MAX_WRITES, NotHeld, Processor, next_slice_size, pause_after
from services.kpi_stream.store import StateStore
from tests.support.engine import STATE, MemoryRecord
from tests.support.events import DECLARED, PARIS, RECEIVED, at, event, line

TP = ("cadran.orders", 0)


class Recorder:
    """Takes what is published; refuses as often as it is told to."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.refusals = 0

    async def publish(self, messages: Sequence[Message]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("Kafka does not acknowledge in time")
        self.messages += messages

    def notices(self) -> list[Notice[OrderSnapshot]]:
        told = [m for m in self.messages if m.topic is Topic.LEADS]
        return [n for m in told for n in msgspec.msgpack.decode(m.value or b"", type=list[Notice[OrderSnapshot]])]


class Rig:
    """A processor, what it published, and where it was moved to."""

    def __init__(self, redis: Redis) -> None:
        self.recorder = Recorder()
        self.sought: list[int] = []
        self.store = StateStore(redis, STATE)
        publisher: Any = self.recorder
        self.processor = Processor(
            store=self.store,
            folder=Folder(all_kpis().values(), DECLARED),
            publisher=publisher,
            fan=partial(fan_out, zone=PARIS, reporting_currency="EUR"),
            clock=lambda: RECEIVED,
            metrics=WorkerMetrics(CollectorRegistry()),
        )
        self.processor.seek = self.seek

    async def seek(self, tp: tuple[str, int], offset: int) -> None:
        self.sought.append(offset)

    async def apply(self, first: int, *events: Event) -> None:
        records = [MemoryRecord(first + i, 5, None, encode(each), []) for i, each in enumerate(events)]
        await self.processor.apply(TP, records, self.processor.epoch(TP))

    async def stored(self) -> int | None:
        return (await self.store.next_offsets([TP]))[TP]


@pytest.fixture
async def rig(redis: Redis) -> Rig:
    await redis.hset(STATE.keys(0).next_offsets, "cadran.orders:0", "0")
    found = Rig(redis)
    await found.processor.begin([TP])
    return found


def placed(name: str = "O1", **data: Any) -> Event:
    usual = {"channel": "x", "currency": "EUR", "lines": [line(100)], "lead_id": "L1"}
    return event("order.placed", name, at("2026-11-02 10:00"), event_id=f"p-{name}", **{**usual, **data})


def returned(name: str = "O1") -> Event:
    return event("order.returned", name, at("2026-11-03 10:00"), return_id="r", currency="EUR", amount_minor=100)


async def test_an_order_that_comes_again_tells_nothing_new(rig: Rig) -> None:
    """It begins an entity that is there: folded as new it would tell its lead that nothing was given back."""
    await rig.apply(0, placed(), returned())
    await rig.apply(2, placed())
    assert [(n.offset, n.content.living) for n in rig.recorder.notices() if n.content] == [(1, False)]
    assert await rig.stored() == 3


async def test_new_and_known_entities_of_one_batch_are_folded_onto_what_is(rig: Rig) -> None:
    await rig.apply(0, placed(lead_id=None), returned())
    await rig.apply(2, placed(lead_id=None), placed("O2", lead_id=None), returned("O2"))
    names = [EntityName("order", name) for name in ("O1", "O2")]
    found = await rig.store.read(*TP, 5, names)
    assert [found[name].returned for name in names] == [100, 100]
    assert rig.processor.positions[TP].next == 5


async def test_a_batch_that_was_applied_is_passed_over_and_a_gap_is_gone_back_for(rig: Rig) -> None:
    await rig.apply(0, placed("O1"), placed("O2"))
    await rig.apply(0, placed("O1"), placed("O2"))
    assert (await rig.stored(), rig.sought) == (2, [])
    await rig.apply(3, placed("O4"))
    assert (await rig.stored(), rig.sought) == (2, [2])


async def test_batches_of_before_a_seek_are_stale(rig: Rig) -> None:
    records = [MemoryRecord(0, 5, None, encode(placed()), [])]
    await rig.processor.apply(TP, records, rig.processor.epoch(TP) - 1)
    assert await rig.stored() == 0


async def test_when_kafka_does_not_take_what_is_told_nothing_is_committed(rig: Rig) -> None:
    rig.recorder.refusals = 1
    await rig.apply(0, placed())
    assert (await rig.stored(), rig.sought, rig.recorder.messages) == (0, [0], [])
    await rig.apply(0, placed())
    assert await rig.stored() == 1


async def test_a_rollback_without_a_new_record_is_noticed(rig: Rig, redis: Redis) -> None:
    await rig.apply(0, placed("O1"), placed("O2"))
    await redis.hset(STATE.keys(0).next_offsets, "cadran.orders:0", "1")
    await rig.processor.check_positions()
    assert rig.sought == [1]
    assert rig.processor.positions[TP].next == 1


async def test_a_partition_that_the_state_does_not_know_is_not_taken_over(rig: Rig) -> None:
    with pytest.raises(NotHeld, match="cadran rebuild"):
        await rig.processor.begin([("cadran.orders", 7)])


async def test_a_large_batch_is_cut_where_its_script_would_write_too_much(rig: Rig, redis: Redis) -> None:
    days = [f"2026-{month:02}-{day:02} 10:00" for month in range(1, 11) for day in range(1, 29)]
    events = [
        event(
            "order.placed",
            f"O{i}",
            at(days[i % len(days)]),
            channel=f"c{i % 7}",
            currency="EUR",
            lines=[line(1)] * 3,
            region=f"r{i % 11}",
            store_id=f"s{i % 13}",
            rep_id=f"rep{i % 17}",
        )
        for i in range(3000)
    ]
    await rig.apply(0, *events)
    assert await rig.stored() == 3000
    batches = rig.processor._metrics.batches.labels(TP[0])._value.get()
    assert batches > 3


@pytest.mark.parametrize(
    ("records", "writes", "expected"),
    [(100, MAX_WRITES, 66), (100, 10, 800), (5000, 5000, MAX_SLICE), (1, 10**9, 1), (3, 0, 24)],
)
def test_slices_aim_at_two_thirds_of_what_a_script_may_write(records: int, writes: int, expected: int) -> None:
    assert next_slice_size(records, writes) == expected


def test_pauses_grow_and_end_growing() -> None:
    assert [pause_after(n) for n in (1, 2, 3, 20)] == [0.1, 0.2, 0.4, 5.0]
