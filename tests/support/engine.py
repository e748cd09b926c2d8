"""The processor without servers: logs in memory, batches of any size in any order, notices and all.

It runs the product's own folding, contributions and fan-out. What it replaces is Kafka (lists) and Redis (a dict), so
that Hypothesis can try thousands of schedules. The real parts are tested in `tests/end_to_end` and `tests/faults`.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from services.common.events import EVENT_TYPES, Event, encode
from services.common.events.subjects import parts_of
from services.common.partitions import partition_of
from services.common.publisher import Message
from services.kpi_stream.fan_out import fan_out
from services.kpi_stream.folding import EntityName, Folded, Folder, by_entity
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.measures import BY_DAY, Address, Resolution
from services.kpi_stream.records import notice_messages, read
from services.kpi_stream.state_version import StateVersion
from tests.support.events import DECLARED, PARIS, RECEIVED

EPOCH_DAY = date(1970, 1, 1)
PARTITIONS = 3
STATE = StateVersion("v1", "digest", "cluster", defaultdict(lambda: "topic-id"), PARTITIONS, 1, 64)  # type: ignore[arg-type]


class MemoryRecord(NamedTuple):
    """A Kafka record."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


class Cell(NamedTuple):
    """A cell, by day."""

    measure: str
    currency: str
    cut: str
    member: str
    day: date


class Engine:
    """One state, fed from logs in memory."""

    def __init__(self, now: int | None = None) -> None:
        self.logs: dict[tuple[str, int], list[MemoryRecord]] = defaultdict(list)
        self.next: dict[tuple[str, int], int] = defaultdict(int)
        self.entities: dict[EntityName, object] = {}
        self.cells: dict[tuple[Address, int], int] = defaultdict(int)
        self.unapplied: list[str] = []
        self.index: dict[tuple[str, int], set[str]] = defaultdict(set)
        self._folder = Folder(all_kpis().values(), DECLARED)
        self._now = int(RECEIVED.timestamp()) if now is None else now

    def publish(self, events: Iterable[Event]) -> None:
        """Append events to their logs."""
        for event in events:
            message = Message(EVENT_TYPES[event.type].topic, event.subject.encode(), encode(event))
            self._append(message, partition_of(event.subject, PARTITIONS))

    def _append(self, message: Message, partition: int) -> None:
        log = self.logs[message.topic.value, partition]
        log.append(MemoryRecord(len(log), 0, message.key, message.value, list(message.headers)))

    def run(self, random: Random) -> None:
        """Apply batches of any size, partitions in any order, until nothing is left.

        Some batches are also taken by a zombie: its commit is refused, its notices arrive at any later time.
        """
        late: list[Message] = []
        while waiting := [tp for tp in sorted(self.logs) if self.next[tp] < len(self.logs[tp])]:
            tp = random.choice(waiting)
            left = len(self.logs[tp]) - self.next[tp]
            if random.random() < 0.2:
                late += notice_messages(self._fold(tp, random.randint(1, left)).notices, STATE)
            self._commit(tp, random.randint(1, left))
            if late and random.random() < 0.3:
                self._send([late.pop(random.randrange(len(late)))])
            if late and not any(self.next[tp] < len(self.logs[tp]) for tp in self.logs):
                self._send(late)
                late = []

    def _fold(self, tp: tuple[str, int], size: int) -> Folded:
        records = self.logs[tp][self.next[tp] : self.next[tp] + size]
        return self._folder.fold(by_entity(read(records, STATE).items), self.entities)

    def _send(self, messages: Iterable[Message]) -> None:
        for message in messages:
            assert message.partition is not None
            self._append(message, message.partition)

    def _commit(self, tp: tuple[str, int], size: int) -> None:
        folded = self._fold(tp, size)
        self._send(notice_messages(folded.notices, STATE))
        self.next[tp] += size
        self.entities.update(folded.entities)
        self.unapplied += [item.reason for item in folded.unapplied]
        for key, ids in folded.entered.items():
            self.index[key] |= ids
        for key, ids in folded.left.items():
            self.index[key] -= ids
        changes = fan_out(folded.facts, zone=PARIS, reporting_currency="EUR", now=self._now)
        for address, additions in changes.additions.items():
            for slot, sums in additions.items():
                for i, value in enumerate(sums):
                    self.cells[address, slot * len(sums) + i] += value

    def by_day(self, kpis: Iterable[str]) -> dict[Cell, int]:
        """Day cells of some KPIs' own groups that are not 0."""
        found = self.by_ordinal(BY_DAY, kpis)
        return {Cell(*key[:4], EPOCH_DAY + timedelta(days=key[4])): value for key, value in found.items()}

    def by_ordinal(self, resolution: Resolution, kpis: Iterable[str]) -> dict[tuple[str, str, str, str, int], int]:
        """Cells of a resolution: (measure, currency, cut, member, ordinal of the bucket) -> value."""
        groups = {group.name: group for kpi in kpis for group in all_kpis()[kpi].groups}
        found = {}
        for (address, position), value in self.cells.items():
            name, _, currency = address.group.partition(".")
            if not value or name not in groups or address.resolution != resolution.letter:
                continue
            group = groups[name]
            slot, measure = divmod(position, len(group.measures))
            ordinal = address.chunk * group.buckets_per_string + slot
            member = " x ".join(parts_of(address.member)) if "," in address.cut else address.member
            found[group.measures[measure], currency, address.cut, member, ordinal] = value
        return found
