"""Topics closed to writers, deleted and made again: what erasing asks of Kafka's admin client.

Two topics of the command's own say how far it is, so that it can be run again from anywhere. `<topic>.erasing` is a
copy. `cadran.erasing` is there once every copy is whole and was compared: from then on the copies count, and the ids of
the topics that may be deleted stand in it.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
from kafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError

from services.common.errors import Unavailable
from services.common.settings import Settings
from services.common.topic_admin import admin_client, configs_in_force
from services.common.topics import Topic
from services.kpi_stream.records import NOTICES, ORIGIN, STATE
from services.operations.erasing.logs import Logs
from services.operations.erasing.rewriting import Record

_SUFFIX = ".erasing"
JOURNAL = f"cadran{_SUFFIX}"
LARGEST = "max.message.bytes"
NOTHING = "0"
PATIENCE = 60.0
PAUSE = 0.2
PROBE_HEADERS = [(NOTICES, b"order_to_lead"), (STATE, b""), (ORIGIN, b"")]
"""A notice for no state: should it be taken, nobody reads it."""


class Journal(msgspec.Struct, frozen=True):
    """The topics whose copies are whole: the id of each that the copy was made of, and by partition up to where."""

    topics: dict[str, str]
    ends: dict[str, dict[int, int]]


class Shape(NamedTuple):
    """How a topic is made."""

    partitions: int
    replication: int
    configs: dict[str, str]


def copy_of(topic: str) -> str:
    """The name of a topic's copy."""
    return f"{topic}{_SUFFIX}"


def topics_of_erasing(names: Iterable[str]) -> list[str]:
    """Of the names of topics, those that are there only while customers are erased: copies, and the note."""
    return sorted(name for name in names if name.endswith(_SUFFIX))


def closed_topics(client: KafkaAdminClient) -> list[str]:
    """The topics that are closed to writers."""
    present = sorted({topic.value for topic in Topic} & set(client.list_topics()))
    configs = configs_in_force(client, present)
    return [topic for topic in present if configs[topic].get(LARGEST) == NOTHING]


class Admin:
    """What erasing does to topics. A context manager."""

    def __init__(self, settings: Settings) -> None:
        self._opened = admin_client(settings.kafka_access)

    def __enter__(self) -> "Admin":
        self._client: KafkaAdminClient = self._opened.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._opened.__exit__(None, None, None)

    def there(self) -> set[str]:
        return set(self._client.list_topics())

    def ids(self, topics: Iterable[str]) -> dict[str, str]:
        """Kafka's ids of topics: one that is deleted and made again gets another."""
        described = self._client.describe_topics(sorted(topics))
        return {topic["name"]: str(topic["topic_id"]) for topic in described if topic["error_code"] == 0}

    def shape(self, topic: str) -> Shape:
        described = self._client.describe_topics([topic])[0]["partitions"]
        resource = ConfigResource(ConfigResourceType.TOPIC, topic)
        configs = self._client.describe_configs([resource])["topic"][topic]
        return Shape(
            len(described),
            len(described[0]["replica_nodes"]),
            {name: config["value"] for name, config in configs.items() if config["value"] is not None},
        )

    def create(self, topic: str, shape: Shape) -> None:
        """Create a topic, if it is not there."""
        try:
            self._client.create_topics(
                [NewTopic(topic, shape.partitions, shape.replication, topic_configs=shape.configs)]
            )
        except TopicAlreadyExistsError:
            return
        self._wait(lambda: topic in self.there(), f"{topic} is there")

    def delete(self, topics: Iterable[str]) -> None:
        """Delete topics, and wait until they are gone."""
        doomed = sorted(self.there() & set(topics))
        if not doomed:
            return
        with suppress(UnknownTopicOrPartitionError):
            self._client.delete_topics(doomed)
        self._wait(lambda: self.there().isdisjoint(doomed), f"{', '.join(doomed)} are gone")

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise Unavailable(f"Kafka does not get so far that {what}", mend="look at its log, and run this again")
            time.sleep(PAUSE)

    def close_to_writers(self, topics: Iterable[str]) -> None:
        """Have Kafka refuse whatever is written to topics, at once and whoever writes."""
        self._configure(dict.fromkeys(topics, (LARGEST, NOTHING)))

    def is_erasing(self) -> bool:
        """Is anything there that only is while customers are erased?"""
        return bool(topics_of_erasing(self.there()) or closed_topics(self._client))

    def open_to_writers(self) -> list[str]:
        """Undo that, for every topic that is closed; which they were."""
        closed = closed_topics(self._client)
        there = self.there()
        for topic in closed:
            before = self.shape(copy_of(topic)).configs.get(LARGEST) if copy_of(topic) in there else None
            self._configure({topic: (LARGEST, before)})
        return closed

    def _configure(self, changes: Mapping[str, tuple[str, str | None]]) -> None:
        resources = [
            ConfigResource(ConfigResourceType.TOPIC, topic, {name: ("SET", value) if value else ("DELETE", None)})
            for topic, (name, value) in changes.items()
        ]
        answers = self._client.alter_configs(resources)["topic"]
        refused = {topic: answer for topic, answer in answers.items() if answer != "OK"}
        if refused:
            raise Unavailable(f"Kafka does not let topics be configured: {refused}", mend="use the operator's user")


async def wait_until_closed(logs: Logs, topics: Iterable[str]) -> None:
    """Write to every partition until each refuses: then none takes anything any more, from anybody.

    :raises Unavailable: when one goes on taking what is written.
    """
    deadline = time.monotonic() + PATIENCE
    async with logs.plain_producer() as producer:
        for topic in topics:
            for partition in logs.partitions:
                while await _is_taken(producer, topic, partition):
                    if time.monotonic() > deadline:
                        raise Unavailable(f"{topic} takes what is written", mend="look at Kafka's log, run this again")
                    await asyncio.sleep(PAUSE)


async def _is_taken(producer: AIOKafkaProducer, topic: str, partition: int) -> bool:
    try:
        await producer.send_and_wait(topic, b"", partition=partition, headers=PROBE_HEADERS)
    except MessageSizeTooLargeError:
        return False
    return True


async def write_journal(logs: Logs, admin: Admin, journal: Journal, like: Shape) -> None:
    """From here on the copies count."""
    admin.create(JOURNAL, like._replace(partitions=1))
    await logs.append(JOURNAL, 0, [Record(None, msgspec.json.encode(journal), (), int(time.time() * 1000))])


async def read_journal(logs: Logs, admin: Admin) -> Journal | None:
    """What an earlier run has still to do, if its copies were whole."""
    if JOURNAL not in admin.there():
        return None
    end = await logs.end_of(JOURNAL, 0)
    async for _, records in logs.read(JOURNAL, {0: 0}, {0: end}):
        return msgspec.json.decode(records[0].value or b"", type=Journal)
    return None
