"""Kafka as backup and restore use it: clients, which topics there are, how far they go."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

from services.common.errors import ConfigurationError, Unavailable
from services.common.settings import Settings
from services.common.topics import Topic
from services.operations.backup.record_file import Record

CLIENT = "cadran-backup"
FETCH_BYTES = 4 << 20
PARTITION_BYTES = 1 << 20
BATCH_BYTES = 512 * 1024
PATIENCE_MS = 60_000
"""In which something must come of what Kafka says it has."""


@asynccontextmanager
async def consumer(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    """A reader of its own: it belongs to no group and commits nothing. What it holds in memory is bounded."""
    reading = AIOKafkaConsumer(
        **settings.kafka_access.aiokafka(),
        client_id=CLIENT,
        enable_auto_commit=False,
        fetch_max_bytes=FETCH_BYTES,
        max_partition_fetch_bytes=PARTITION_BYTES,
        auto_offset_reset="none",
    )
    async with reading:
        yield reading


@asynccontextmanager
async def producer(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """A writer of batches that are filled by who calls, each acknowledged by every replica in sync."""
    writing = AIOKafkaProducer(
        **settings.kafka_access.aiokafka(),
        client_id=CLIENT,
        enable_idempotence=True,
        acks="all",
        max_batch_size=BATCH_BYTES,
        max_request_size=2 * BATCH_BYTES,
    )
    async with writing:
        yield writing


def all_partitions(settings: Settings) -> list[TopicPartition]:
    return [TopicPartition(topic.value, p) for topic in Topic for p in range(settings.partitions)]


async def ends_of(reading: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """Where each partition ends.

    :raises ConfigurationError: when one no longer begins at its first record.
    """
    begins = await reading.beginning_offsets(partitions)
    for tp, begin in begins.items():
        if begin:
            raise ConfigurationError(
                f"{tp.topic} partition {tp.partition} begins at offset {begin}: Kafka no longer holds all",
                mend="run `cadran topics check`: topics must keep everything",
            )
    ends: dict[TopicPartition, int] = await reading.end_offsets(partitions)
    return ends


async def records_up_to(
    reading: AIOKafkaConsumer, starts: dict[TopicPartition, int], ends: dict[TopicPartition, int]
) -> AsyncIterator[tuple[TopicPartition, list[Record]]]:
    """The records of each partition from a start up to an end, some at a time.

    :raises Unavailable: when Kafka gives nothing for a minute.
    """
    left = {tp for tp, start in starts.items() if start < ends[tp]}
    reading.assign(list(left))
    for tp in left:
        reading.seek(tp, starts[tp])
    while left:
        fetched = await reading.getmany(*left, timeout_ms=PATIENCE_MS)
        if not fetched:
            raise Unavailable("Kafka gives no more of its records", mend="look at Kafka's log, and try again")
        for tp, found in fetched.items():
            records = [_record(one) for one in found if one.offset < ends[tp]]
            if records:
                yield tp, records
            if found[-1].offset + 1 >= ends[tp]:
                left.discard(tp)
        reading.pause(*(set(reading.assignment()) - left))


def _record(one: ConsumerRecord) -> Record:
    return Record(one.offset, one.timestamp, one.key, one.value, tuple(one.headers))
