"""Dead letters: records that could not be applied, with the reason, kept in their own topic and replayed on demand.

A dead letter is named by where it came from (topic, partition, offset): it may be written more than once (a crash, a
rebuild) and counts once. A replay publishes the original record again, which every fold takes as one, and leaves a mark
in the same topic, so that it is on record.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.common.publisher import Message
from services.common.settings import Settings
from services.common.topics import Topic
from services.kpi_stream.records import Record


class DeadLetter(msgspec.Struct, frozen=True):
    """A record that could not be applied: as it was, where it was, and why."""

    topic: str
    partition: int
    offset: int
    reason: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    dead_at: datetime

    @property
    def name(self) -> str:
        return f"{self.topic}:{self.partition}:{self.offset}"


class Replayed(msgspec.Struct, frozen=True):
    """The mark of a replay."""

    name: str
    replayed_at: datetime


KIND = "cadran-dead"
_LETTER, _REPLAYED = b"letter", b"replayed"


def letter_message(record: Record, topic: str, partition: int, reason: str, dead_at: datetime) -> Message:
    """The dead letter of a record."""
    letter = DeadLetter(
        topic=topic,
        partition=partition,
        offset=record.offset,
        reason=reason,
        key=record.key,
        value=record.value,
        headers=[(name, bytes(value or b"")) for name, value in record.headers],
        dead_at=dead_at,
    )
    return Message(Topic.DEAD, letter.name.encode(), msgspec.msgpack.encode(letter), headers=[(KIND, _LETTER)])


def replay_messages(letter: DeadLetter) -> list[Message]:
    """The original record again, and the mark that it was replayed."""
    mark = Replayed(letter.name, datetime.now(UTC))
    return [
        Message(Topic(letter.topic), letter.key, letter.value, letter.partition, letter.headers),
        Message(Topic.DEAD, letter.name.encode(), msgspec.msgpack.encode(mark), headers=[(KIND, _REPLAYED)]),
    ]


class Shelf:
    """All dead letters, each once, with when they were replayed."""

    def __init__(self) -> None:
        self._letters: dict[str, DeadLetter] = {}
        self._replayed: dict[str, datetime] = {}

    def put(self, record: Record) -> None:
        """Take in a record of the dead letter topic."""
        kind = dict(record.headers).get(KIND)
        if kind == _LETTER:
            letter = msgspec.msgpack.decode(record.value or b"", type=DeadLetter)
            self._letters.setdefault(letter.name, letter)
        elif kind == _REPLAYED:
            mark = msgspec.msgpack.decode(record.value or b"", type=Replayed)
            self._replayed[mark.name] = mark.replayed_at

    def letters(self) -> Iterator[tuple[DeadLetter, datetime | None]]:
        """Each letter, oldest first, and when it was last replayed."""
        for letter in sorted(self._letters.values(), key=lambda letter: letter.dead_at):
            yield letter, self._replayed.get(letter.name)

    def find(self, name: str) -> DeadLetter | None:
        return self._letters.get(name)


async def read_shelf(settings: Settings) -> Shelf:
    """All dead letters, read from the beginning of their topic."""
    shelf = Shelf()
    async with AIOKafkaConsumer(**settings.kafka_access.aiokafka(), enable_auto_commit=False) as consumer:
        partitions = [TopicPartition(Topic.DEAD.value, p) for p in range(settings.partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while [tp for tp in partitions if await consumer.position(tp) < ends[tp]]:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    shelf.put(record)
    return shelf
