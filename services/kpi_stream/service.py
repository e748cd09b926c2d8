"""The processor: one partition batch at a time, from records to a commit that is made once or not at all.

Redis is a materialised view of Kafka, and the offset is its version. Per batch:

1. Trim what was applied before. What is left must begin exactly at the expected offset. Otherwise: recover.
2. Decode. What cannot be read becomes a dead letter.
3. Read the entities, together with the offset. An offset other than expected: recover. An entity that an event begins
   is not read but taken to be new, which the commit proves, or a reading before anything is told.
4. Fold, and add up what changes in cells. An item that cannot be taken in becomes a dead letter.
5. Publish notices and dead letters, and wait for Kafka. A crash from here on only repeats them, which nobody counts.
6. Commit: one script writes all and the next offset, if the stored one is still as expected. Otherwise: recover. If an
   entity that was taken to be new is there, nothing is written and the slice is taken again from 2, all read.

Recovery after any error: forget the position, discard queued batches (they bear an older epoch), seek to the stored
offset, go on. Nothing is cached between batches, so nothing can be stale.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import NamedTuple, Protocol

from services.common.logging import get_logger
from services.common.publisher import Publisher
from services.common.tracing import Tracing
from services.common.windows import Clock
from services.kpi_stream.dead_letters import letter_message
from services.kpi_stream.fan_out import CellChanges, Gathered
from services.kpi_stream.folding import EntityName, Folded, Folder, Unapplied, by_entity
from services.kpi_stream.metrics import WorkerMetrics
from services.kpi_stream.records import Record, notice_messages, read
from services.kpi_stream.store import Conflict, NotNew, StateStore, Work

log = get_logger(__name__)

MAX_WRITES = 20_000
"""A script blocks Redis: what would write more is taken in smaller slices (one record is taken whatever it writes)."""

FIRST_SLICE, MAX_SLICE = 200, 5000

_CALLS = {stage: {"db.system.name": "redis", "db.operation.name": "EVALSHA"} for stage in ("read", "commit")}
"""The stages that call Redis, as a trace tells it."""

BACKOFF_FIRST, BACKOFF_MAX = 0.1, 5.0


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    return float(min(BACKOFF_FIRST * 2 ** (failures - 1), BACKOFF_MAX))


TopicPartition = tuple[str, int]
Seek = Callable[[TopicPartition, int], Awaitable[None]]
"""Moves the consumer to an offset of a partition that it still holds, else raises `NotHeld`."""


class NotHeld(Exception):
    """The partition is another worker's, or this state does not know it."""


class Fan(Protocol):
    """Facts to cells, by the settings that the state was made with; `now` in seconds since 1970."""

    def __call__(self, gathered: Gathered, *, now: int) -> CellChanges: ...


class Position:
    """Where a worker stands in a partition. The epoch grows with every seek: batches of an older one are stale.

    `reads_all`: entities that an event begins were met already, as in a replay, so none is taken to be new.
    """

    def __init__(self) -> None:
        self.next: int | None = None
        self.epoch = 0
        self.lock = asyncio.Lock()
        self.failures = 0
        self.slice_size = FIRST_SLICE
        self.reads_all = False


class Prepared(NamedTuple):
    """A slice of a batch, ready to be told and written."""

    unapplied: list[Unapplied]
    folded: Folded
    work: Work


def next_slice_size(records: int, writes: int) -> int:
    """How many records to take next, so that one script writes some two thirds of what it may."""
    aimed = records * MAX_WRITES * 2 // (3 * max(1, writes))
    return max(1, min(aimed, records * 8, MAX_SLICE))


class Processor:
    """Applies partition batches to one state."""

    def __init__(
        self,
        *,
        store: StateStore,
        folder: Folder,
        publisher: Publisher,
        fan: Fan,
        clock: Clock,
        metrics: WorkerMetrics,
        tracing: Tracing | None = None,
    ) -> None:
        self._store = store
        self._folder = folder
        self._publisher = publisher
        self._fan = fan
        self._clock = clock
        self._metrics = metrics
        self._tracing = tracing
        self._positions: dict[TopicPartition, Position] = {}
        self.seek: Seek = _not_attached

    @property
    def positions(self) -> dict[TopicPartition, Position]:
        return self._positions

    def epoch(self, tp: TopicPartition) -> int:
        """The epoch to stamp on batches that are fetched now."""
        position = self._positions.get(tp)
        return position.epoch if position else 0

    async def begin(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Take partitions over: from now on these are ours, and each begins at its stored offset.

        :raises NotHeld: when the state does not know a partition.
        """
        stored = await self._store.next_offsets(list(partitions))
        unknown = [tp for tp, offset in stored.items() if offset is None]
        if unknown:
            raise NotHeld(f"state {self._store.state.version} knows no partition {unknown[0]}: run `cadran rebuild`")
        for gone in self._positions.keys() - stored.keys():
            del self._positions[gone]
        offsets = {tp: offset for tp, offset in stored.items() if offset is not None}
        for tp, offset in offsets.items():
            position = self._positions.setdefault(tp, Position())
            position.epoch += 1
            position.next = offset
        return offsets

    async def apply(self, tp: TopicPartition, records: Sequence[Record], epoch: int) -> None:
        """Apply a batch exactly once, or recover so that it comes again. Never raises but on cancellation."""
        position = self._positions.get(tp)
        if position is None:
            return
        async with position.lock:
            if epoch != position.epoch or position.next is None:
                return
            try:
                with self._tracing.batch(*tp, records) if self._tracing else nullcontext():
                    await self._apply(tp, position, records)
            except Conflict as conflict:
                self._metrics.conflicts.inc()
                position.failures += 1
                log.info("conflict", topic=tp[0], partition=tp[1], expected=position.next, stored=conflict.stored)
                if position.failures > 1:
                    await asyncio.sleep(pause_after(position.failures))
                await self._recover(tp, position)
            except Exception as error:
                self._metrics.errors.inc()
                position.failures += 1
                log.warning("batch given up", topic=tp[0], partition=tp[1], error=f"{type(error).__name__}: {error}")
                await asyncio.sleep(pause_after(position.failures))
                await self._recover(tp, position)

    async def check_positions(self) -> None:
        """Compare the stored offsets with our own: a failover may have rolled Redis back, with no record to show it."""
        for tp, position in list(self._positions.items()):
            if position.lock.locked():  # it is being worked on: the commit looks for itself
                continue
            async with position.lock:
                stored = (await self._store.next_offsets([tp]))[tp]
                if self._positions.get(tp) is position and stored != position.next:
                    log.warning(
                        "Redis stands elsewhere", topic=tp[0], partition=tp[1], own=position.next, stored=stored
                    )
                    self._metrics.conflicts.inc()
                    await self._recover(tp, position)

    async def _apply(self, tp: TopicPartition, position: Position, records: Sequence[Record]) -> None:
        expected = position.next
        fresh = [record for record in records if expected is None or record.offset >= expected]
        if not fresh or expected is None:
            return
        if fresh[0].offset != expected:
            raise Conflict(expected)
        while fresh:
            slice_ = fresh[: position.slice_size]
            try:
                prepared = await self._prepare(tp, position, slice_)
                writes = prepared.work.writes
                position.slice_size = next_slice_size(len(slice_), writes)
                if writes > MAX_WRITES and len(slice_) > 1:
                    continue
                await self._finish(tp, position, slice_, prepared)
            except NotNew:
                position.reads_all = True
                continue
            fresh = fresh[len(slice_) :]

    async def _prepare(self, tp: TopicPartition, position: Position, records: Sequence[Record]) -> Prepared:
        with self._timed("decode"):
            reading = read(records, self._store.state)
            items = by_entity(reading.items)
        begun = {name for name, own in items.items() if own[0].begins}
        new = set() if position.reads_all else begun
        with self._timed("read"):
            wanted = items.keys() - new
            known = await self._store.read(*tp, records[0].offset, wanted) if wanted else {}
        position.reads_all = not begun.isdisjoint(known)
        with self._timed("fold"):
            folded = self._folder.fold(items, known)
        await self._prove_new(tp, records[0].offset, new & folded.senders)
        with self._timed("fold"):
            cells = self._fan(folded.facts, now=int(self._clock().timestamp()))
            work = self._store.work(*tp, folded, cells, new=new, applied_ms=reading.received, sources=reading.sources)
        return Prepared([*reading.unreadable, *folded.unapplied], folded, work)

    async def _prove_new(self, tp: TopicPartition, expected: int, senders: set[EntityName]) -> None:
        """What an entity tells others is told before the commit can prove that it was new, and cannot be taken back.

        :raises NotNew: when one of the senders is there.
        """
        if senders and await self._store.read(*tp, expected, senders):
            raise NotNew

    async def _finish(
        self, tp: TopicPartition, position: Position, records: Sequence[Record], prepared: Prepared
    ) -> None:
        with self._timed("publish"):
            await self._tell(tp, records, prepared)
        expected, following = records[0].offset, records[-1].offset + 1
        with self._timed("commit"):
            await self._store.commit(*tp, expected, following, prepared.work)
        position.next, position.failures = following, 0
        self._metrics.records.labels(tp[0]).inc(len(records))
        self._metrics.batches.labels(tp[0]).inc()
        if prepared.unapplied:
            self._metrics.dead.labels(tp[0]).inc(len(prepared.unapplied))

    async def _tell(self, tp: TopicPartition, records: Sequence[Record], prepared: Prepared) -> None:
        messages = notice_messages(prepared.folded.notices, self._store.state)
        by_offset = {record.offset: record for record in records} if prepared.unapplied else {}
        for item in prepared.unapplied:
            log.warning("dead letter", topic=tp[0], partition=tp[1], offset=item.offset, reason=item.reason)
            messages.append(letter_message(by_offset[item.offset], *tp, item.reason, self._clock()))
        if messages:
            await self._publisher.publish(messages)

    async def _recover(self, tp: TopicPartition, position: Position) -> None:
        """Go back to what Redis holds; keeps trying while Redis or the consumer does not answer."""
        failures = 0
        while self._positions.get(tp) is position:
            position.epoch += 1
            try:
                stored = (await self._store.next_offsets([tp]))[tp]
                await self.seek(tp, _known(tp, stored))
            except NotHeld as error:
                log.info("partition left", topic=tp[0], partition=tp[1], reason=str(error))
                self._positions.pop(tp, None)
                return
            except Exception as error:
                failures += 1
                log.warning("recovery waits", topic=tp[0], partition=tp[1], error=f"{type(error).__name__}: {error}")
                await asyncio.sleep(pause_after(failures))
                continue
            position.next = stored
            return

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        with self._tracing.stage(stage, _CALLS.get(stage, {})) if self._tracing else nullcontext():
            yield
        self._metrics.stage.labels(stage).observe(time.perf_counter() - start)


def _known(tp: TopicPartition, stored: int | None) -> int:
    if stored is None:
        raise NotHeld(f"this state knows no partition {tp[0]}:{tp[1]}")
    return stored


async def _not_attached(tp: TopicPartition, _: int) -> None:
    raise NotHeld(f"no consumer is attached that could seek {tp[0]}:{tp[1]}")
