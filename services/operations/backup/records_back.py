"""Kafka's records on their way back: to the partitions and offsets that they had, or not at all.

Kafka is never overwritten. What it holds already must be what the backup holds, and is then gone on from: so a restore
that was killed is run again, and a Kafka that outlived everything else is left alone.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from services.common.errors import ConfigurationError
from services.common.kafka_logs import batches
from services.common.settings import Settings
from services.common.topic_admin import create_topics, require_topics, topic_ids
from services.operations.backup import record_file
from services.operations.backup.kafka import all_partitions, consumer, ends_of, producer, records_up_to
from services.operations.backup.making import Progress
from services.operations.backup.manifest import KeptPartition, KeptRecords
from services.operations.backup.record_file import Damaged, Origin, Record


class Standing(NamedTuple):
    """How far each partition is in Kafka, and how far it is in the backup."""

    ends: dict[TopicPartition, int]
    kept: dict[TopicPartition, KeptPartition]

    @property
    def missing(self) -> int:
        return sum(max(own.next - self.ends[tp], 0) for tp, own in self.kept.items())

    @property
    def newer(self) -> int:
        return sum(max(self.ends[tp] - own.next, 0) for tp, own in self.kept.items())


async def compare(folder: Path, settings: Settings, records: KeptRecords) -> Standing:
    """Make the topics that are missing, and see that Kafka holds what the backup holds, less or more of it.

    :raises ConfigurationError: when it holds something else.
    """
    create_topics(settings)
    require_topics(settings)
    kept = {TopicPartition(own.topic, own.partition): own for own in records.partitions}
    if kept.keys() != set(all_partitions(settings)):
        partitions = len(kept) // len(records.topics)
        raise ConfigurationError(
            f"the backup is of {partitions} partitions a topic",
            field="CADRAN_PARTITIONS",
            mend=f"set it to {partitions}",
        )
    async with consumer(settings) as reading:
        ends = await ends_of(reading, list(kept))
        if topic_ids(settings.kafka_access) == (records.cluster, records.topics):
            _require_whole(ends, kept)
        else:
            for tp, own in kept.items():
                await _require_same(folder, reading, tp, own, min(ends[tp], own.next))
    return Standing(ends, kept)


def _require_whole(ends: dict[TopicPartition, int], kept: dict[TopicPartition, KeptPartition]) -> None:
    for tp, own in kept.items():
        if ends[tp] < own.next:
            raise ConfigurationError(
                f"{tp.topic} partition {tp.partition} ends at {ends[tp]}, and the backup holds it up to {own.next}: "
                "Kafka has lost records, and workers may stand behind its end",
                mend="delete the topics, and run this again: they are made anew and filled",
            )


async def _require_same(
    folder: Path, reading: AIOKafkaConsumer, tp: TopicPartition, own: KeptPartition, end: int
) -> None:
    kept = (record for block in blocks_of(folder, own) for record in block)
    async for _, found in records_up_to(reading, {tp: 0}, {tp: end}):
        for record in found:
            if record != next(kept, None):
                raise ConfigurationError(
                    f"offset {record.offset} of {tp.topic} partition {tp.partition} is another record in the backup",
                    mend="this Kafka has a life of its own: name an empty one, or delete its topics if none is needed",
                )


async def bring_back(folder: Path, settings: Settings, standing: Standing, progress: Progress) -> None:
    """Write what is missing, and see that each record has got the offset that it had.

    :raises ConfigurationError: when somebody else writes to Kafka meanwhile.
    """
    done, total = 0, standing.missing
    async with producer(settings) as writing:
        for tp, own in standing.kept.items():
            for block in blocks_of(folder, own):
                missing = [record for record in block if record.offset >= standing.ends[tp]]
                if missing:
                    await _write(writing, tp, missing)
                    progress(done := done + len(missing), total)


async def _write(writing: AIOKafkaProducer, tp: TopicPartition, records: Sequence[Record]) -> None:
    for first, batch in batches(writing, records):
        acked = await (await writing.send_batch(batch, tp.topic, partition=tp.partition))
        if acked.offset != first.offset:
            raise ConfigurationError(
                f"{tp.topic} partition {tp.partition} took at offset {acked.offset} what was at {first.offset}: "
                "somebody else writes to it",
                mend="stop every service, delete the topics, and run this again",
            )


def blocks_of(folder: Path, own: KeptPartition) -> Iterator[list[Record]]:
    """The records of a partition, a block in memory at a time.

    :raises ConfigurationError: naming the file that is damaged.
    """
    following = 0
    for kept in own.files:
        with (folder / kept.path).open("rb") as file:
            try:
                origin = record_file.read_origin(file)
                _require_origin(origin, own, following)
                for block in record_file.blocks(file, origin, kept.bytes):
                    following = block[-1].offset + 1
                    yield block
            except Damaged as error:
                raise ConfigurationError(f"{kept.path} is damaged: {error}", mend="take another copy") from None


def _require_origin(origin: Origin, own: KeptPartition, following: int) -> None:
    """
    :raises Damaged: when a file does not hold what follows of the partition.
    """
    if (origin.topic, origin.partition, origin.first) != (own.topic, own.partition, following):
        raise Damaged("it is not the one that follows")
