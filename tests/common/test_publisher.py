"""Publishing to a real Kafka: one by one or many at once, every record arrives, in its partition and in its order."""

from collections import defaultdict
from collections.abc import Iterator

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.common.partitions import partition_of
from services.common.publisher import MANY, MAX_BATCH_BYTES, Message, Publisher
from services.common.topics import Topic
from tests.support.stack import RunningStack, running_servers

KEYS = 7


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_servers() as running:
        yield running


async def read_all(stack: RunningStack, topic: Topic) -> dict[int, list[tuple[bytes | None, bytes | None]]]:
    """Key and value of every record, by partition, in the order of their offsets."""
    found = defaultdict(list)
    async with AIOKafkaConsumer(**stack.settings.kafka_access.aiokafka()) as consumer:
        places = [TopicPartition(topic, partition) for partition in range(stack.settings.partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for place, records in (await consumer.getmany(timeout_ms=500)).items():
                found[place.partition] += [(record.key, record.value) for record in records]
    return found


@pytest.mark.parametrize(("topic", "count"), [(Topic.LEADS, MANY - 1), (Topic.ORDERS, 5 * MANY)])
async def test_every_record_is_in_the_partition_of_its_key_and_in_its_order(
    stack: RunningStack, topic: Topic, count: int
) -> None:
    large = b"x" * (MAX_BATCH_BYTES // 3)
    messages = [Message(topic, f"k{n % KEYS}".encode(), b"%d:" % n + large * (n % 50 == 0)) for n in range(count)]
    async with Publisher(stack.settings.kafka_access, client_id="test", timeout=30) as publisher:
        await publisher.publish(messages)
    expected = defaultdict(list)
    for message in messages:
        assert message.key
        expected[partition_of(message.key.decode(), stack.settings.partitions)].append((message.key, message.value))
    assert await read_all(stack, topic) == expected


async def test_many_at_once_may_name_their_partition_have_no_key_or_be_larger_than_a_batch(stack: RunningStack) -> None:
    huge = Message(Topic.VISITS, b"huge", b"x" * (2 * MAX_BATCH_BYTES), partition=3)
    messages = [Message(Topic.VISITS, None, b"%d" % n) for n in range(MANY)]
    async with Publisher(stack.settings.kafka_access, client_id="test", timeout=30) as publisher:
        await publisher.publish([huge, *messages, huge])
    found = await read_all(stack, Topic.VISITS)
    assert [record for record in found[3] if record[0]] == [(huge.key, huge.value)] * 2
    values = [value for records in found.values() for key, value in records if key is None]
    assert sorted(values) == sorted(message.value for message in messages if message.value)
