"""Reading what Kafka holds from one offset of each partition to another."""

from collections.abc import AsyncIterator, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from services.common.errors import Unavailable

PATIENCE_MS = 60_000
"""In which something must come of what Kafka says it has."""


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
