"""Several partitions at once: while Redis writes one batch, another is read and folded."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from services.kpi_stream.records import Record
from services.kpi_stream.service import TopicPartition

Apply = Callable[[TopicPartition, Sequence[Record], int], Awaitable[None]]


class Lanes:
    """Applies batches side by side, at most so many; those of one partition take turns in the order they came in."""

    def __init__(self, apply: Apply, at_once: int) -> None:
        self._apply = apply
        self._free = asyncio.Semaphore(at_once)
        self._tasks: set[asyncio.Task[None]] = set()

    async def hand_over(self, tp: TopicPartition, records: Sequence[Record], epoch: int) -> None:
        """Begin a batch; waits while all lanes are taken."""
        await self._free.acquire()
        task = asyncio.create_task(self._work(tp, records, epoch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, tp: TopicPartition, records: Sequence[Record], epoch: int) -> None:
        try:
            await self._apply(tp, records, epoch)
        finally:
            self._free.release()

    async def close(self) -> None:
        """Leave what is under way: a commit is made whole or not at all, and comes again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
