"""What becomes of one record of Kafka when customers are to be forgotten. Pure.

A record that bears none of their ids is kept, byte for byte. What is theirs alone is dropped, and out of what others
tell the id is taken. Notices belong to a state in Redis, and a rebuild makes them anew.
"""

import re
from collections.abc import Set
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from services.common.errors import Invalid
from services.common.events import Event, decode, encode
from services.common.events.forgetting import without
from services.common.topics import Topic
from services.kpi_stream.dead_letters import DeadLetter, Replayed, letter_in
from services.kpi_stream.records import NOTICES

_PART_OF_A_NAME = rb"[0-9A-Za-z_]"


class Record(NamedTuple):
    """What a record of Kafka says, wherever it lies."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp: int


class Fate(StrEnum):
    """What becomes of a record."""

    KEPT = "kept"
    FREED = "freed"
    """It is told of nobody from now on."""
    DROPPED = "dropped"
    MADE_ANEW = "made anew"
    """By the rebuild."""


class Outcome(NamedTuple):
    """What becomes of a record, and what of it is copied. `named`: it bears an id that is to be forgotten;
    `names_still`: it does so afterwards, in a field that is no customer's."""

    fate: Fate
    record: Record | None
    named: bool
    names_still: bool = False


class Rewriter:
    """Takes some customers out of records. `copied`: the topics that are copied, whose dead letters a rebuild will
    write again, with the offsets that their records then have."""

    def __init__(self, customers: Set[str], copied: Set[str] = frozenset()) -> None:
        self._customers = customers
        self._copied = copied
        spelled = {spelling for customer in customers for spelling in _spellings(customer)}
        anyone = b"|".join(re.escape(text) for text in sorted(spelled))
        self._anywhere = re.compile(anyone)
        # In notices ids are packed, each behind its length: so C-1 is not found in C-10.
        packed = b"|".join(re.escape(msgspec.msgpack.encode(customer)) for customer in sorted(customers))
        self._packed = re.compile(rb"\A(?:%b)\Z|%b" % (anyone, packed))
        self._as_a_name = re.compile(rb"(?<!%b)(?:%b)(?!%b)" % (_PART_OF_A_NAME, anyone, _PART_OF_A_NAME))

    def outcome(self, topic: str, record: Record) -> Outcome:
        """What becomes of a record of a topic."""
        if any(name == NOTICES for name, _ in record.headers):
            return Outcome(Fate.MADE_ANEW, None, self._bears(record, self._packed))
        if topic == Topic.DEAD:
            return self._of_dead(record)
        if not self._bears(record, self._anywhere):
            return Outcome(Fate.KEPT, record, named=False)
        try:
            event = decode(record.value or b"")
        except Invalid:
            return self._of_unreadable(record)
        return self._of_event(event, record)

    def _of_event(self, event: Event, record: Record) -> Outcome:
        freed = without(event, self._customers)
        if freed is None:
            return Outcome(Fate.DROPPED, None, named=True)
        freed = self._with_plain_id(freed)
        if freed is event:
            is_named = self._bears(record, self._as_a_name)
            return Outcome(Fate.KEPT, record, named=is_named, names_still=is_named)
        copy = record._replace(value=encode(freed))
        return Outcome(Fate.FREED, copy, named=True, names_still=self._bears(copy, self._as_a_name))

    def _with_plain_id(self, event: Event) -> Event:
        """Senders like to make an event's id of what it is about. A hash names it as well."""
        if not self._as_a_name.search(event.id.encode()):
            return event
        return msgspec.structs.replace(event, id=blake2b(event.id.encode(), digest_size=16).hexdigest())

    def _of_unreadable(self, record: Record) -> Outcome:
        """Nobody can tell of whom the rest is: of what bears an id, nothing stays."""
        if self._bears(record, self._as_a_name):
            return Outcome(Fate.DROPPED, None, named=True)
        return Outcome(Fate.KEPT, record, named=False)

    def _of_dead(self, record: Record) -> Outcome:
        """Of a dead letter: what becomes of the record in it."""
        try:
            letter = letter_in(record.headers, record.value)
        except Invalid:
            letter = None
        if letter is None:
            return self._of_unreadable(record)
        if letter.topic in self._copied:
            return Outcome(Fate.MADE_ANEW, None, self._bears(record, self._anywhere))
        if isinstance(letter, Replayed):
            return Outcome(Fate.KEPT, record, named=False)
        return self._of_letter(letter, record)

    def _of_letter(self, letter: DeadLetter, record: Record) -> Outcome:
        held = Record(letter.key, letter.value, tuple(letter.headers), record.timestamp)
        inner = self.outcome(letter.topic, held)
        if inner.record is None:
            return inner
        reason = self._as_a_name.sub("…".encode(), letter.reason.encode()).decode()
        freed = msgspec.structs.replace(letter, value=inner.record.value, reason=reason)
        if freed == letter:
            return inner._replace(record=record)
        copy = record._replace(value=msgspec.msgpack.encode(freed))
        return Outcome(Fate.FREED, copy, named=True, names_still=inner.names_still)

    def _bears(self, record: Record, pattern: "re.Pattern[bytes]") -> bool:
        texts = (record.key, record.value, *(value for _, value in record.headers))
        return any(pattern.search(text) for text in texts if text)


def _spellings(customer: str) -> set[bytes]:
    """An id as it stands in packed text, and in JSON."""
    return {customer.encode(), msgspec.json.encode(customer)[1:-1]}
