"""How fresh numbers are: what Kafka holds, against what was applied."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Self

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.common.logging import get_logger
from services.common.topics import Topic
from services.common.windows import Clock
from services.kpi_stream.entities.kinds import CONSUMED_TOPICS

log = get_logger(__name__)

POLL_SECONDS = 0.5


class LogEnds:
    """The end of every consumed partition's log, asked of Kafka twice a second. An async context manager."""

    def __init__(self, servers: str, partitions: int, clock: Clock) -> None:
        self._servers = servers
        self._clock = clock
        self._partitions = [TopicPartition(topic.value, p) for topic in CONSUMED_TOPICS for p in range(partitions)]
        self._task: asyncio.Task[None] | None = None
        self.checked_at: datetime | None = None
        self.ends: Mapping[tuple[str, int], int] = {}

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._poll())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _poll(self) -> None:
        while True:
            consumer = AIOKafkaConsumer(bootstrap_servers=self._servers, request_timeout_ms=5000)
            try:
                await consumer.start()
                while True:
                    asked_at = self._clock()
                    found = await consumer.end_offsets(self._partitions)
                    self.ends = {(tp.topic, tp.partition): end for tp, end in found.items()}
                    self.checked_at = asked_at
                    await asyncio.sleep(POLL_SECONDS)
            except KafkaError as error:
                log.warning("the ends of the logs are not known", error=repr(error))
                await asyncio.sleep(POLL_SECONDS)
            finally:
                await consumer.stop()


class PartitionFreshness(msgspec.Struct, frozen=True):
    """One partition: how far it was read, and how long ago what was read last had come in."""

    topic: str
    partition: int
    next: int
    end: int | None
    lag: int | None
    as_of: datetime | None


class Freshness(msgspec.Struct, frozen=True):
    """All partitions at the moment of a check."""

    partitions: tuple[PartitionFreshness, ...]

    def as_of(self, topics: Iterable[Topic]) -> datetime | None:
        """The minimum over the partitions of some topics; none where one of them was never read to its end."""
        wanted = set(topics)
        times = [partition.as_of for partition in self.partitions if partition.topic in wanted]
        known = [time for time in times if time is not None]
        return min(known) if known and len(known) == len(times) else None


def freshness(nexts: Mapping[tuple[str, int], int], applied: Mapping[tuple[str, int], int], ends: LogEnds) -> Freshness:
    """Per partition: the time of the check where all was applied, else `receivedat` of the last record applied."""
    found = []
    for (topic, partition), following in sorted(nexts.items()):
        end = ends.ends.get((topic, partition))
        applied_ms = applied.get((topic, partition))
        last = datetime.fromtimestamp(applied_ms / 1000, UTC) if applied_ms is not None else None
        caught_up = end is not None and following >= end
        as_of = ends.checked_at if caught_up else last
        lag = max(0, end - following) if end is not None else None
        found.append(PartitionFreshness(topic, partition, following, end, lag, as_of))
    return Freshness(tuple(found))
