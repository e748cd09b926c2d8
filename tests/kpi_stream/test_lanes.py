"""Batches side by side: those of one partition in turn, those of others meanwhile, never more than there are lanes."""

import asyncio
from collections.abc import Sequence

from services.kpi_stream.lanes import Lanes
from services.kpi_stream.records import Record
from services.kpi_stream.service import TopicPartition

A, B, C = (("cadran.orders", partition) for partition in range(3))


class Slow:
    """Applies a batch as the processor does, one at a time of each partition, once it is let go on."""

    def __init__(self) -> None:
        self.begun: list[tuple[TopicPartition, int]] = []
        self.done: list[tuple[TopicPartition, int]] = []
        self.go_on = asyncio.Event()
        self._locks: dict[TopicPartition, asyncio.Lock] = {}

    async def apply(self, tp: TopicPartition, _: Sequence[Record], epoch: int) -> None:
        async with self._locks.setdefault(tp, asyncio.Lock()):
            self.begun.append((tp, epoch))
            await self.go_on.wait()
            self.done.append((tp, epoch))


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_other_partitions_go_on_and_no_lane_is_taken_twice() -> None:
    slow = Slow()
    lanes = Lanes(slow.apply, at_once=2)
    await lanes.hand_over(A, [], 1)
    await lanes.hand_over(B, [], 1)
    third = asyncio.create_task(lanes.hand_over(C, [], 1))
    await settled()
    assert (slow.begun, third.done()) == ([(A, 1), (B, 1)], False)
    slow.go_on.set()
    await third
    await settled()
    assert slow.done == [(A, 1), (B, 1), (C, 1)]


async def test_batches_of_one_partition_take_turns() -> None:
    slow = Slow()
    lanes = Lanes(slow.apply, at_once=3)
    for number in range(3):
        await lanes.hand_over(A, [], number)
    await settled()
    assert slow.begun == [(A, 0)]
    slow.go_on.set()
    await settled()
    assert slow.done == [(A, 0), (A, 1), (A, 2)]


async def test_what_is_under_way_is_left_when_they_close() -> None:
    slow = Slow()
    lanes = Lanes(slow.apply, at_once=2)
    await lanes.hand_over(A, [], 1)
    await settled()
    await lanes.close()
    assert (slow.begun, slow.done) == ([(A, 1)], [])
