"""What Kafka holds."""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.common.kafka_access import KafkaAccess
from services.common.settings import Settings
from services.common.topics import Topic


def records(settings: Settings, topic: Topic) -> list[bytes]:
    """The value of every record of a topic."""
    return asyncio.run(_records(settings.kafka_access, topic, settings.partitions))


async def _records(access: KafkaAccess, topic: Topic, count_of_partitions: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(**access.aiokafka(), auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(count_of_partitions)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        values: list[bytes] = []
        for partition in partitions:
            consumer.seek(partition, 0)
        while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
            batches = await consumer.getmany(timeout_ms=500)
            values += [record.value for records in batches.values() for record in records]
        return values
    finally:
        await consumer.stop()
