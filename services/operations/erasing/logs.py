"""Reading logs from one offset to another, and writing copies of them: the clients of Kafka that erasing uses."""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from services.common.kafka_logs import batches, records_between
from services.common.publisher import MAX_REQUEST_BYTES
from services.common.settings import Settings
from services.operations.erasing.rewriting import Record

Offsets = Mapping[int, int]
"""By partition."""

FETCH_BYTES = 4 << 20


class Logs:
    """What topics hold, and the way to append to them. An async context manager.

    Logs of Cadran have no holes, as nothing is compacted and there are no transactions: where they begin and end tells
    how many records there are.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.partitions = range(settings.partitions)
        self._producer = AIOKafkaProducer(
            **settings.kafka_access.aiokafka(),
            client_id="cadran-erase",
            enable_idempotence=True,
            acks="all",
            max_batch_size=MAX_REQUEST_BYTES // 2,
            max_request_size=MAX_REQUEST_BYTES,
        )
        self._asking = self._consumer()

    def _consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **self._settings.kafka_access.aiokafka(),
            client_id="cadran-erase",
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=FETCH_BYTES,
        )

    def plain_producer(self) -> AIOKafkaProducer:
        """One that may be refused: an idempotent one never recovers from that."""
        return AIOKafkaProducer(**self._settings.kafka_access.aiokafka(), client_id="cadran-erase", acks="all")

    async def __aenter__(self) -> "Logs":
        await self._asking.start()
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()
        await self._asking.stop()

    async def begins(self, topic: str) -> Offsets:
        """The first offset of each partition."""
        return _by_partition(await self._asking.beginning_offsets(self._all(topic)))

    async def ends(self, topic: str) -> Offsets:
        """The offset after the last of each partition."""
        return _by_partition(await self._asking.end_offsets(self._all(topic)))

    async def end_of(self, topic: str, partition: int) -> int:
        """The offset after the last of one partition."""
        tp = TopicPartition(topic, partition)
        return int((await self._asking.end_offsets([tp]))[tp])

    async def read(self, topic: str, begins: Offsets, ends: Offsets) -> AsyncIterator[tuple[int, list[Record]]]:
        """The records between two offsets of each partition, a few at a time, each partition's in their order.

        :raises Unavailable: when Kafka gives nothing for a minute.
        """
        starts = {TopicPartition(topic, p): begin for p, begin in begins.items() if begin < ends.get(p, 0)}
        if not starts:
            return
        stops = {tp: ends[tp.partition] for tp in starts}
        async with self._consumer() as consumer:
            async for tp, found in records_between(consumer, starts, stops):
                yield tp.partition, [_record(each) for each in found]

    async def append(self, topic: str, partition: int, records: Iterable[Record]) -> None:
        """Append records in their order, and return when all are acknowledged."""
        for _, batch in batches(self._producer, records):
            await (await self._producer.send_batch(batch, topic, partition=partition))

    def _all(self, topic: str) -> list[TopicPartition]:
        return [TopicPartition(topic, partition) for partition in self.partitions]


def _record(each: Any) -> Record:
    return Record(each.key, each.value, tuple(each.headers), each.timestamp)


def _by_partition(offsets: Mapping[TopicPartition, int]) -> Offsets:
    return {tp.partition: offset for tp, offset in offsets.items()}
