"""What Kafka holds: where every partition's log ends."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.common.kafka_access import KafkaAccess
from services.common.logging import get_logger
from services.common.windows import Clock
from services.kpi_stream.entities.kinds import CONSUMED_TOPICS

log = get_logger(__name__)

POLL_SECONDS = 0.5


class LogEnds:
    """The end of every consumed partition's log, asked of Kafka twice a second. An async context manager."""

    def __init__(self, access: KafkaAccess, partitions: int, clock: Clock) -> None:
        self._access = access
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
            consumer = AIOKafkaConsumer(**self._access.aiokafka(), request_timeout_ms=5000)
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
