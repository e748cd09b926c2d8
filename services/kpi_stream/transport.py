"""The batch seam: Faust hands over a whole partition's records at a time, and positions come from Redis.

Stock Faust pays some 50 us a message between the fetcher and the agent; one event per partition batch pays that once
for thousands. What an override must preserve is in `docs/decisions/0003-batch-seam.md`; in short:

- `_read_offset` decides what is delivered, and `perform_seek` sets it: from Redis, never from the group's offsets.
- Nothing is handed over while the flow is stopped or after the generation changed: `getmany`, `_drain_messages` stay.
- Acks are kept for `unacked` only. What is committed to Kafka is the processor's own position, for lag tools.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from aiokafka.errors import IllegalStateError
from faust.auth import Credentials, SASLCredentials, SSLCredentials
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.transport.drivers.aiokafka import Consumer as AIOKafkaConsumer
from faust.transport.drivers.aiokafka import Transport as AIOKafkaTransport
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP, ConsumerMessage
from faust.types.tuples import ack_lock
from mode.utils.futures import notify

from services.common.kafka_access import KafkaAccess
from services.common.logging import get_logger
from services.kpi_stream.records import Record
from services.kpi_stream.service import BACKOFF_MAX, NotHeld, Processor

log = get_logger(__name__)

FETCH_MAX_WAIT_MS = 100
"""Faust fixes 1,500: a record of a partition that was just read would wait for that long, until the broker answers the
fetch in flight for the other partitions."""


class Batch(NamedTuple):
    """One partition's records, in order, with the epoch in which they were fetched."""

    records: Sequence[Record]
    epoch: int


class BatchScheduler(DefaultSchedulingStrategy):
    """Yields a whole partition's records at a time, instead of one record."""

    def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Any]]:
        return ((tp, batch) for tp, batch in records.items() if batch)


def credentials_of(access: KafkaAccess) -> Credentials | None:
    """What Faust's own clients take."""
    if access.security.has_user:
        return SASLCredentials(
            username=access.user, password=access.password, ssl_context=access.tls, mechanism=access.mechanism.value
        )
    return SSLCredentials(access.tls) if access.security.has_tls else None


class ConsumerThread(AIOKafkaConsumerThread):
    """The thread that aiokafka runs in."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        return consumer


class BatchConsumer(AIOKafkaConsumer):
    """Wraps one partition's records in one message, whose offset is the last record's."""

    processor: Processor

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def _to_message(self, tp: TP, records: Any) -> ConsumerMessage:
        last = records[-1]
        batch: Any = Batch(records, self.processor.epoch((tp.topic, tp.partition)))
        return ConsumerMessage(
            last.topic,
            last.partition,
            last.offset,
            last.timestamp / 1000,
            last.timestamp_type,
            [],
            None,
            batch,
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def perform_seek(self) -> None:
        """Begin every assigned partition at the offset that Redis holds; waits while Redis does not answer."""
        while not self.should_stop:
            assigned = self.assignment()
            try:
                offsets = await self.processor.begin({TP(*tp) for tp in assigned})
            except NotHeld as error:
                await self.crash(error)
                return
            except Exception as error:
                log.warning("positions wait for Redis", error=repr(error))
                await self.sleep(min(1.0, BACKOFF_MAX))
                continue
            await self.check_bounds(offsets)
            await self._thread.seek_wait({TP(*tp): offset for tp, offset in offsets.items()})
            log.info("partitions taken over", partitions=len(offsets))
            return

    async def check_bounds(self, offsets: Mapping[Any, int]) -> None:
        """Refuse to read from where Kafka holds nothing: the state is of another log, or the log was cut.

        Ends the worker with what to do: going on would skip records, and the numbers would be wrong for ever.
        """
        partitions = [TP(*tp) for tp in offsets]
        if not partitions:
            return
        first = await self._thread.earliest_offsets(*partitions)
        end = await self._thread.highwaters(*partitions)
        for tp in partitions:
            if not first[tp] <= offsets[tp] <= end[tp]:
                message = f"{tp.topic}:{tp.partition} holds {first[tp]}..{end[tp]}, the state stands at {offsets[tp]}"
                log.error("this worker ends: it would skip records", reason=message, mend=_mend(first[tp]))
                raise SystemExit(f"worker refuses: {message} - {_mend(first[tp])}")

    async def seek_to(self, tp: tuple[str, int], offset: int) -> None:
        """Move one partition that is still held.

        :raises NotHeld: when it no longer is.
        """
        partition = TP(*tp)
        if partition not in self.assignment():
            raise NotHeld("it is no longer assigned")
        await self.check_bounds({tp: offset})
        try:
            await self._thread.seek_wait({partition: offset})
        except IllegalStateError as error:
            raise NotHeld(str(error)) from error

    async def ends(self) -> dict[tuple[str, int], int]:
        """Where the logs of the held partitions end.

        Asked of the broker: what was fetched last says nothing of a fetcher that has stopped.
        """
        held = [TP(*tp) for tp in self.assignment()]
        found = await self._thread.highwaters(*held) if held else {}
        return {(tp.topic, tp.partition): end for tp, end in found.items()}

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Batches leave no gaps to fill: commits follow the processor's position."""

    def ack(self, message: Any) -> bool:
        """Note that a batch is done with, for whoever waits until nothing is in flight."""
        with ack_lock:
            if message.acked:
                return False
            message.acked = True
            self._unacked_messages.discard(message)
            notify(self._waiting_for_ack)
            return True

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return iter([TP(*tp) for tp in self.processor.positions])

    def _filter_committable_offsets(self, tps: Iterable[TP]) -> dict[TP, int]:
        """What the group's offsets say to lag tools: what Redis was seen to hold."""
        offsets = {tp: self.processor.positions[tp].next for tp in tps if tp in self.processor.positions}
        return {tp: offset for tp, offset in offsets.items() if offset and offset != self._committed_offset[tp]}


def _mend(first: int) -> str:
    if first > 0:
        return "records were deleted from Kafka: restore them from a backup, as nothing can be rebuilt without them"
    return "run `cadran rebuild`"


def batch_transport(processor: Processor) -> type[AIOKafkaTransport]:
    """Faust's transport with the batch consumer of a processor."""

    class BoundConsumer(BatchConsumer):
        pass

    BoundConsumer.processor = processor

    class BatchTransport(AIOKafkaTransport):
        Consumer = BoundConsumer

    return BatchTransport
