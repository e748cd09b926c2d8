"""Records as they lie in Kafka: read from one offset of each partition to another, and written in full batches."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import ConsumerRecord

from services.common.errors import Unavailable

PATIENCE_MS = 60_000
"""In which something must come of what Kafka says it has."""


class Written(Protocol):
    """What is written of a record."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, Any]]: ...


class Dated(Written, Protocol):
    """A record whose time is told with it, in milliseconds since 1970."""

    @property
    def timestamp(self) -> int: ...


D = TypeVar("D", bound=Dated)


def append(batch: BatchBuilder, record: Written, timestamp: int | None) -> bool:
    """Whether the batch had room: an empty one takes any record. Without a timestamp it is the moment of sending."""
    headers = list(record.headers)
    return batch.append(timestamp=timestamp, key=record.key, value=record.value, headers=headers) is not None


def batches(producer: AIOKafkaProducer, records: Iterable[D]) -> Iterator[tuple[D, BatchBuilder]]:
    """Records in their order, in batches that are as full as can be, each with its first record."""
    first, batch = None, producer.create_batch()
    for record in records:
        if first is not None and not append(batch, record, record.timestamp):
            yield first, batch
            first, batch = None, producer.create_batch()
        if first is None:
            first = record
            append(batch, record, record.timestamp)
    if first is not None:
        yield first, batch


async def records_between(
    consumer: AIOKafkaConsumer, starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> AsyncIterator[tuple[TopicPartition, list[ConsumerRecord]]]:
    """The records of each partition from its start up to its end, some at a time, each partition's in their order.

    The consumer, which belongs to no group, is given these partitions and no others.

    :raises Unavailable: when Kafka gives nothing for a minute.
    """
    left = {tp for tp, start in starts.items() if start < ends[tp]}
    if not left:
        return
    consumer.assign(list(left))
    for tp in left:
        consumer.seek(tp, starts[tp])
    while left:
        fetched = await consumer.getmany(*left, timeout_ms=PATIENCE_MS)
        if not fetched:
            raise Unavailable("Kafka gives no more of its records", mend="look at Kafka's log, and try again")
        for tp, found in fetched.items():
            if wanted := [record for record in found if record.offset < ends[tp]]:
                yield tp, wanted
            if found[-1].offset + 1 >= ends[tp]:
                left.discard(tp)
        consumer.pause(*(set(consumer.assignment()) - left))
