"""Dead letters: records that could not be applied, with the reason, kept in their own topic and replayed on demand.

A dead letter is named by where it came from (topic, partition, offset): it may be written more than once (a crash, a
rebuild) and counts once. A replay publishes the original record again, which every fold takes as one, and leaves a mark
in the same topic, so that it is on record.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.common.errors import Invalid
from services.common.kafka_logs import records_between
from services.common.logging import get_logger
from services.common.publisher import Message
from services.common.settings import Settings
from services.common.topics import Topic
from services.kpi_stream.records import Record

log = get_logger(__name__)


class DeadLetter(msgspec.Struct, frozen=True):
    """A record that could not be applied: as it was, where it was, and why. `topic` is the record's own."""

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

    @property
    def topic(self) -> str:
        """That of the record that was replayed."""
        return self.name.rsplit(":", 2)[0]


KIND = "cadran-dead"
_LETTER, _REPLAYED = b"letter", b"replayed"
_MODELS: dict[bytes, type[DeadLetter | Replayed]] = {_LETTER: DeadLetter, _REPLAYED: Replayed}


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


def letter_in(headers: Iterable[tuple[str, bytes]], value: bytes | None) -> DeadLetter | Replayed | None:
    """What a record of the dead letter topic holds, if it holds either.

    :raises Invalid: when it cannot be read.
    """
    kind = dict(headers).get(KIND)
    model: type[DeadLetter | Replayed] | None = _MODELS.get(kind or b"")
    try:
        return msgspec.msgpack.decode(value or b"", type=model) if model else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"is no dead letter: {type(error).__name__}", mend="look at who else writes there") from error


class Shelf:
    """All dead letters, each once, with when they were replayed."""

    def __init__(self) -> None:
        self._letters: dict[str, DeadLetter] = {}
        self._replayed: dict[str, datetime] = {}

    def put(self, record: Record) -> None:
        """Take in a record of the dead letter topic; one that cannot be read is passed over, and logged."""
        try:
            said = letter_in(record.headers, record.value)
        except Invalid as error:
            log.warning("a dead letter cannot be read", offset=record.offset, error=str(error))
            return
        match said:
            case DeadLetter() as letter:
                self._letters.setdefault(letter.name, letter)
            case Replayed() as mark:
                self._replayed[mark.name] = mark.replayed_at

    def letters(self) -> Iterator[tuple[DeadLetter, datetime | None]]:
        """Each letter, oldest first, and when it was last replayed."""
        for letter in sorted(self._letters.values(), key=lambda letter: letter.dead_at):
            yield letter, self._replayed.get(letter.name)

    def find(self, name: str) -> DeadLetter | None:
        return self._letters.get(name)


async def read_shelf(settings: Settings) -> Shelf:
    """All dead letters, read from the beginning of their topic.

    :raises Unavailable: when Kafka gives nothing for a minute.
    """
    shelf = Shelf()
    async with AIOKafkaConsumer(**settings.kafka_access.aiokafka(), enable_auto_commit=False) as consumer:
        partitions = [TopicPartition(Topic.DEAD.value, p) for p in range(settings.partitions)]
        begins, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        async for _, records in records_between(consumer, begins, ends):
            for record in records:
                shelf.put(record)
    return shelf
