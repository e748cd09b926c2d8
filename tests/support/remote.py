"""Workers whose every remote call waits until the test says how it ends.

A worker is the product's processor and store. Kafka is a list for each partition. A call to Redis or Kafka is held back
until it is answered, so that any other worker may act between any two calls of a batch, and each call may be refused,
carried out without an answer, or carried out after the caller has given it up.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Sequence
from contextlib import suppress
from enum import Enum
from functools import partial
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.common.errors import Unavailable
from services.common.partitions import partition_of
from services.common.publisher import Message
from services.kpi_stream.fan_out import fan_out
from services.kpi_stream.folding import EntityName
from services.kpi_stream.metrics import WorkerMetrics
from services.kpi_stream.service import NotHeld, Processor, TopicPartition
from services.kpi_stream.state_version import StateVersion
from services.kpi_stream.store import StateStore, Work
from tests.support.engine import MemoryRecord
from tests.support.events import PARIS, RECEIVED
from tests.support.refold import FOLDER

TURNS = 10
"""Turns of the event loop within which a worker gets from one remote call to the next: nothing else makes it wait."""

Range = tuple[int, int]


class Outcome(Enum):
    """How a remote call ends for the caller, and for the server."""

    ANSWERED = "carried out, and the caller knows"
    REFUSED = "never arrived"
    LOST = "carried out, but the answer was lost"
    LATE = "given up by the caller, and still on its way"


class Call:
    """A remote call that a worker waits for; `fault` is what it gets where there is no answer."""

    def __init__(self, operation: Callable[[], Awaitable[Any]], fault: Exception) -> None:
        self.operation = operation
        self.fault = fault
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def end(self, outcome: Outcome) -> None:
        """End the call for its caller."""
        result = None
        if outcome in (Outcome.ANSWERED, Outcome.LOST):
            try:
                result = await self.operation()
            except Exception as error:
                if outcome is Outcome.ANSWERED:
                    self.answer.set_exception(error)
                    return
        if outcome is Outcome.ANSWERED:
            self.answer.set_result(result)
        else:
            self.answer.set_exception(self.fault)

    async def arrive(self) -> None:
        """Carry out what the caller no longer waits for."""
        with suppress(Exception):
            await self.operation()


class Snapshot(NamedTuple):
    """A Redis of some moment: its keys as it dumps them, and the ranges committed to it."""

    keys: dict[bytes, bytes]
    committed: dict[TopicPartition, list[Range]]


class Servers:
    """Kafka's logs in memory, a real Redis, and which ranges of offsets were committed to what it now holds."""

    def __init__(self, redis: Redis, state: StateVersion) -> None:
        self.redis = redis
        self.state = state
        self.logs: dict[TopicPartition, list[MemoryRecord]] = defaultdict(list)
        self.committed: dict[TopicPartition, list[Range]] = defaultdict(list)

    def append(self, message: Message) -> None:
        """Append a record to its log, as Kafka does."""
        partition = message.partition
        if partition is None:
            partition = partition_of((message.key or b"").decode(), self.state.partitions)
        log = self.logs[message.topic.value, partition]
        log.append(MemoryRecord(len(log), 0, message.key, message.value, list(message.headers)))

    async def stored(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int | None]:
        return await StateStore(self.redis, self.state).next_offsets(partitions)

    async def snapshot(self) -> Snapshot:
        """All that Redis holds, and how it came to be."""
        keys = await self.redis.keys("*")
        async with self.redis.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.dump(key)
            dumps = await pipeline.execute()
        return Snapshot(
            dict(zip(keys, dumps, strict=True)), {tp: list(ranges) for tp, ranges in self.committed.items()}
        )

    async def roll_back(self, snapshot: Snapshot) -> None:
        """A failover to a Redis that had heard less, and knows no script."""
        await self.redis.flushall()
        await self.redis.script_flush()
        async with self.redis.pipeline(transaction=False) as pipeline:
            for key, dump in snapshot.keys.items():
                pipeline.restore(key, 0, dump)
            await pipeline.execute()
        self.committed.clear()
        self.committed.update({tp: list(ranges) for tp, ranges in snapshot.committed.items()})


class RemoteStore(StateStore):
    """The product's store, each call held back."""

    def __init__(self, worker: "Worker", servers: Servers) -> None:
        super().__init__(servers.redis, servers.state)
        self._worker = worker
        self._servers = servers

    async def next_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int | None]:
        return await self._worker.call(partial(super().next_offsets, partitions), RedisError("no answer"))

    async def read(
        self, topic: str, partition: int, expected: int, names: Collection[EntityName]
    ) -> dict[EntityName, Any]:
        return await self._worker.call(
            partial(super().read, topic, partition, expected, names), RedisError("no answer")
        )

    async def commit(self, topic: str, partition: int, expected: int, following: int, work: Work) -> None:
        write = super().commit

        async def carry_out() -> None:
            await write(topic, partition, expected, following, work)
            self._servers.committed[topic, partition].append((expected, following))

        await self._worker.call(carry_out, RedisError("no answer"))


class RemotePublisher:
    """Appends to the logs record by record, each a call that is held back: so a part of them may arrive."""

    def __init__(self, worker: "Worker", servers: Servers) -> None:
        self._worker = worker
        self._servers = servers

    async def publish(self, messages: Sequence[Message]) -> None:
        for message in messages:
            await self._worker.call(partial(self._append, message), Unavailable("Kafka does not acknowledge in time"))

    async def _append(self, message: Message) -> None:
        self._servers.append(message)


class Worker:
    """A worker with its consumer: what it holds, as far as it knows, and from where it fetches."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self.calls: list[Call] = []
        self.fetches_from: dict[TopicPartition, int] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._queues: dict[TopicPartition, asyncio.Queue[tuple[Sequence[MemoryRecord], int]]] = {}
        publisher: Any = RemotePublisher(self, servers)
        self._processor = Processor(
            store=RemoteStore(self, servers),
            folder=FOLDER,
            publisher=publisher,
            fan=partial(fan_out, zone=PARIS, reporting_currency="EUR"),
            clock=lambda: RECEIVED,
            metrics=WorkerMetrics(CollectorRegistry()),
        )
        self._processor.seek = self._seek

    async def call(self, operation: Callable[[], Awaitable[Any]], fault: Exception) -> Any:
        """Make a remote call, and wait until the test ends it."""
        call = Call(operation, fault)
        self.calls.append(call)
        return await call.answer

    async def end(self, call: Call, outcome: Outcome) -> None:
        """End one of the calls, and let the worker go on to the next."""
        self.calls.remove(call)
        await call.end(outcome)
        await self._go_on()

    async def take_over(self, partitions: Collection[TopicPartition]) -> None:
        """A rebalance: these partitions are now held, and no others."""

        async def begin() -> None:
            while True:
                with suppress(RedisError):
                    self.fetches_from = await self._processor.begin(partitions)
                    return

        await self._start(begin())

    async def check_positions(self) -> None:
        async def check() -> None:
            with suppress(RedisError):
                await self._processor.check_positions()

        await self._start(check())

    def waiting(self) -> list[TopicPartition]:
        """The partitions that have more than was fetched."""
        return [tp for tp, offset in sorted(self.fetches_from.items()) if offset < len(self._servers.logs[tp])]

    async def fetch(self, tp: TopicPartition, size: int) -> None:
        """Fetch some records and hand them to the partition's agent."""
        first = self.fetches_from[tp]
        records = self._servers.logs[tp][first : first + size]
        self.fetches_from[tp] = first + len(records)
        if tp not in self._queues:
            self._queues[tp] = asyncio.Queue()
            await self._start(self._agent(tp))
        self._queues[tp].put_nowait((records, self._processor.epoch(tp)))
        await self._go_on()

    async def work(self) -> None:
        """Answer every call until there is none: everything that was fetched is applied."""
        while self.calls:
            await self.end(self.calls[0], Outcome.ANSWERED)

    async def crash(self) -> None:
        """kill -9."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _agent(self, tp: TopicPartition) -> None:
        while True:
            records, epoch = await self._queues[tp].get()
            await self._processor.apply(tp, records, epoch)

    async def _seek(self, tp: TopicPartition, offset: int) -> None:
        if tp not in self.fetches_from:
            raise NotHeld("it is no longer assigned")
        self.fetches_from[tp] = offset

    async def _start(self, action: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(action))
        await self._go_on()

    async def _go_on(self) -> None:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.result()  # nothing may escape from a worker
