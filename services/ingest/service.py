"""Accepting events: check, publish, and only then say so."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from services.common.errors import CadranError, Conflict, Unavailable
from services.common.events import EVENT_TYPES, Event, encode
from services.common.publisher import Message, Publisher
from services.ingest.store import Marks, mark_of


class Outcome(msgspec.Struct, omit_defaults=True):
    """What became of one event."""

    status: Literal["accepted", "duplicate", "rejected"]
    id: str = ""
    source: str = ""
    error: CadranError | None = None


class Budget:
    """How many bytes may wait for Kafka at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0

    def take(self, size: int) -> None:
        """Take a share; give it back with `give`.

        :raises Unavailable: when nothing is left.
        """
        if self._taken + size > self._limit:
            raise Unavailable("too much is waiting for Kafka", mend="send the same again a little later")
        self._taken += size

    def give(self, size: int) -> None:
        self._taken -= size

    @property
    def taken(self) -> int:
        return self._taken


class Gateway:
    """The one way into Cadran."""

    def __init__(self, publisher: Publisher, marks: Marks, budget: Budget) -> None:
        self._publisher = publisher
        self._marks = marks
        self._budget = budget

    async def accept(self, items: Sequence[Event | CadranError], namespace: str) -> list[Outcome]:
        """Publish what can be, and say of each item of a key with this namespace what became of it.

        Items that could not be read come as the error that says why, so that the answer keeps their order.

        :raises Unavailable: when Kafka does not acknowledge every record in time. The sender sends all again.
        """
        marks = [mark_of(item, namespace) if isinstance(item, Event) else "" for item in items]
        known = await self._marks.fingerprints([mark for mark in marks if mark])
        fresh: dict[str, Event] = {}
        outcomes = [
            self._judge(mark, item, known, fresh) if isinstance(item, Event) else Outcome("rejected", error=item)
            for mark, item in zip(marks, items, strict=True)
        ]
        await self._publish(list(fresh.values()))
        await self._marks.remember({mark: known[mark] for mark in fresh})
        return outcomes

    @staticmethod
    def _judge(mark: str, item: Event, known: dict[str, str], fresh: dict[str, Event]) -> Outcome:
        """Sort one event: to be published (into `fresh`), sent before, or refused."""
        fingerprint = item.fingerprint
        before = known.get(mark)
        if before is None:
            fresh[mark] = item
            known[mark] = fingerprint
            return Outcome("accepted", item.id, item.source)
        if before == fingerprint:
            return Outcome("duplicate", item.id, item.source)
        mend = "send a correction with a new id and a greater `revision`"
        conflict = Conflict(
            f"the id {item.id!r} of {item.source!r} was already given to another content", field="id", mend=mend
        )
        return Outcome("rejected", item.id, item.source, conflict)

    async def _publish(self, events: Sequence[Event]) -> None:
        messages = [Message(EVENT_TYPES[e.type].topic, e.subject.encode(), encode(e)) for e in events]
        size = sum(len(message.value or b"") for message in messages)
        self._budget.take(size)
        try:
            await self._publisher.publish(messages)
        finally:
            self._budget.give(size)
