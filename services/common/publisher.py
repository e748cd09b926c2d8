"""Publishing to Kafka: idempotent, acknowledged by every in-sync replica, bounded in time and memory.

aiokafka never gives up on a batch of an idempotent producer: it re-sends until the broker answers. So after a time-out
here a record may still arrive later. That is safe: every fold of Cadran takes a repeated event as one.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Self

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, KafkaTimeoutError
from aiokafka.producer.message_accumulator import BatchBuilder

from services.common.errors import Unavailable
from services.common.kafka_access import KafkaAccess
from services.common.kafka_logs import append
from services.common.kafka_refusals import told
from services.common.logging import get_logger
from services.common.partitions import choose
from services.common.settings import Settings
from services.common.topics import Topic
from services.common.tracing import Tracing, open_tracing

log = get_logger(__name__)

MAX_BATCH_BYTES = 128 * 1024
"""What one partition may hold unsent; with all partitions full this bounds the producer's memory."""

MAX_REQUEST_BYTES = 1024 * 1024

MANY = 100
"""From so many records on, those of one call fill batches of their own; fewer join the records of other calls."""

Acked = asyncio.Future[object]
"""Done when Kafka has acknowledged."""


class Message(NamedTuple):
    """A record to publish; without a partition the key chooses it."""

    topic: Topic
    key: bytes | None
    value: bytes | None
    partition: int | None = None
    headers: Sequence[tuple[str, bytes]] = ()


class Publisher:
    """One producer. Use it as an async context manager."""

    def __init__(self, access: KafkaAccess, *, client_id: str, timeout: float, tracing: Tracing | None = None) -> None:
        self._access = access
        self._client_id = client_id
        self._timeout = timeout
        self._tracing = tracing
        self._producer: AIOKafkaProducer | None = None
        self._renewing = asyncio.Lock()
        self._turns: defaultdict[TopicPartition, asyncio.Lock] = defaultdict(asyncio.Lock)

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
        if self._tracing is None or not messages:
            await self._publish(messages)
            return
        with self._tracing.sending({m.topic for m in messages}, len(messages)) as headers:
            await self._publish([m._replace(headers=[*m.headers, *headers]) for m in messages] if headers else messages)

    async def _publish(self, messages: Sequence[Message]) -> None:
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
        send = self._send_batches if len(messages) >= MANY else _send_each
        pending = []
        async for future in send(producer, messages):
            future.add_done_callback(_look_at)
            pending.append(future)
        if pending:
            await asyncio.wait(pending)  # unlike gather, a time-out leaves to the producer what it still holds
        for future in pending:
            future.result()

    async def _send_batches(self, producer: AIOKafkaProducer, messages: Sequence[Message]) -> AsyncIterator[Acked]:
        """Hand over batches that are filled here: one future each, where aiokafka makes one for every record."""
        partitions = {topic: sorted(await producer.partitions_for(topic)) for topic in {m.topic for m in messages}}
        filling: dict[TopicPartition, BatchBuilder] = {}
        for m in messages:
            place = TopicPartition(m.topic, _partition(m, partitions[m.topic]))
            if place in filling and not append(filling[place], m, None):
                yield await self._hand_over(producer, place, filling.pop(place))
            if place not in filling:
                filling[place] = producer.create_batch()
                append(filling[place], m, None)
        for place, batch in filling.items():
            yield await self._hand_over(producer, place, batch)

    async def _hand_over(self, producer: AIOKafkaProducer, place: TopicPartition, batch: BatchBuilder) -> Acked:
        async with self._turns[place]:  # aiokafka holds one batch a partition, and lets those that wait be overtaken
            acked: Acked = await producer.send_batch(batch, place.topic, partition=place.partition)
        return acked

    async def _started(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **self._access.aiokafka(),
            client_id=self._client_id,
            partitioner=choose,
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
            raise await told(error, self._access) from error
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


def publisher_of(settings: Settings, service: str, *, timeout: float) -> Publisher:
    """A service's producer; what it sends begins traces, where they are asked for.

    :raises ConfigurationError: when Kafka's settings are wrong, or what sends traces is not installed.
    """
    tracing = open_tracing(settings, service)
    return Publisher(settings.kafka_access, client_id=f"cadran-{service}", timeout=timeout, tracing=tracing)


async def _send_each(producer: AIOKafkaProducer, messages: Sequence[Message]) -> AsyncIterator[Acked]:
    for m in messages:
        yield await producer.send(m.topic, m.value, key=m.key, partition=m.partition, headers=list(m.headers))


def _partition(message: Message, partitions: Sequence[int]) -> int:
    if message.partition is not None:
        return message.partition
    return choose(message.key, partitions, partitions)


def _look_at(future: Acked) -> None:
    """Nobody may wait any longer for a record whose time-out was told."""
    if not future.cancelled():
        future.exception()
