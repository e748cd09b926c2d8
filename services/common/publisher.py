"""Publishing to Kafka: idempotent, acknowledged by every in-sync replica, bounded in time and memory.

aiokafka never gives up on a batch of an idempotent producer: it re-sends until the broker answers. So after a time-out
here a record may still arrive later. That is safe: every fold of Cadran takes a repeated event as one.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError
from aiokafka.partitioner import murmur2

from services.common.errors import Unavailable
from services.common.logging import get_logger
from services.common.topics import Topic

log = get_logger(__name__)

MAX_BATCH_BYTES = 128 * 1024
"""What one partition may hold unsent; with all partitions full this bounds the producer's memory."""

MAX_REQUEST_BYTES = 1024 * 1024


class Message(NamedTuple):
    """A record to publish; without a partition the key chooses it."""

    topic: Topic
    key: bytes | None
    value: bytes | None
    partition: int | None = None
    headers: Sequence[tuple[str, bytes]] = ()


def partition_of(key: str, partitions: int) -> int:
    """The partition that Kafka's default partitioner gives a key."""
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions


class Publisher:
    """One producer. Use it as an async context manager."""

    def __init__(self, servers: str, *, client_id: str, timeout: float) -> None:
        self._servers = servers
        self._client_id = client_id
        self._timeout = timeout
        self._producer: AIOKafkaProducer | None = None
        self._renewing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._producer = await self._started()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._producer is not None:
            await self._stop(self._producer)

    async def publish(self, messages: Sequence[Message]) -> None:
        """Publish, and return when every record is acknowledged.

        :raises Unavailable: when one is not within the time-out. The others, and that one, may have arrived.
        """
        producer = self._producer
        if producer is None:
            raise Unavailable("Kafka cannot be reached", mend="try again")
        try:
            async with asyncio.timeout(self._timeout):
                await self._send_all(producer, messages)
        except (TimeoutError, KafkaTimeoutError):
            raise Unavailable(
                "Kafka does not acknowledge in time", mend="send the same again, with the same ids"
            ) from None
        except KafkaError as error:
            log.warning("publishing failed", error=repr(error))
            await self._renew(producer)
            raise Unavailable(f"Kafka refuses: {error!r}", mend="send the same again, with the same ids") from error

    async def _send_all(self, producer: AIOKafkaProducer, messages: Sequence[Message]) -> None:
        pending: list[asyncio.Future[object]] = []
        for m in messages:
            future = await producer.send(m.topic, m.value, key=m.key, partition=m.partition, headers=list(m.headers))
            future.add_done_callback(_look_at)
            pending.append(future)
        if pending:
            await asyncio.wait(pending)  # unlike gather, a time-out leaves to the producer what it still holds
        for future in pending:
            future.result()

    async def _started(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._servers,
            client_id=self._client_id,
            enable_idempotence=True,
            acks="all",
            max_batch_size=MAX_BATCH_BYTES,
            max_request_size=MAX_REQUEST_BYTES,
            request_timeout_ms=int(self._timeout * 1000),
        )
        try:
            await producer.start()
        except KafkaError as error:
            await producer.stop()
            raise Unavailable(
                f"Kafka does not answer at {self._servers}: {error}", mend="start it, or mend CADRAN_KAFKA"
            ) from error
        return producer

    async def _renew(self, failed: AIOKafkaProducer) -> None:
        """Replace a producer that failed: an idempotent one never recovers from a lost sequence."""
        async with self._renewing:
            if failed is self._producer:
                self._producer = await self._started()
                await self._stop(failed)

    async def _stop(self, producer: AIOKafkaProducer) -> None:
        """Stop a producer, but do not wait for ever for what it still holds."""
        await asyncio.wait([asyncio.ensure_future(producer.stop())], timeout=self._timeout)

    async def check(self) -> None:
        """Ask the brokers for their metadata.

        :raises Unavailable: when none answers in time.
        """
        try:
            async with asyncio.timeout(self._timeout):
                answered = self._producer is not None and await self._producer.client.force_metadata_update()
        except (TimeoutError, KafkaError):
            answered = False
        if not answered:
            raise Unavailable("Kafka does not answer")


def _look_at(future: "asyncio.Future[object]") -> None:
    """Nobody may wait any longer for a record whose time-out was told."""
    if not future.cancelled():
        future.exception()
