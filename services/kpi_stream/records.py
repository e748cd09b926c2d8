"""Records: from Kafka's bytes to items that change entities, and from notices to Kafka's bytes.

A topic carries events (CloudEvents in JSON) and notices between entities (packed, many to a record). Notices count only
for the state that they were made in: one's own state version, and the same topic of the sender.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import msgspec

from services.common.errors import CadranError
from services.common.events import decode
from services.common.events.event import EVENT_CLASSES
from services.common.partitions import partition_of
from services.common.publisher import Message
from services.common.topics import Topic
from services.kpi_stream.entities.kinds import ENTITY_KINDS, KIND_OF, NOTICE_KINDS
from services.kpi_stream.entities.notices import Notice
from services.kpi_stream.folding import Item, Unapplied
from services.kpi_stream.state_version import StateVersion

NOTICES = "cadran-notices"
STATE = "cadran-state"
ORIGIN = "cadran-origin"
MAX_NOTICES = 100
MAX_BYTES = 256 * 1024

_decoders = {name: msgspec.msgpack.Decoder(list[kind.model]) for name, kind in NOTICE_KINDS.items()}  # type: ignore[name-defined]
_encoder = msgspec.msgpack.Encoder()

_CHANGES = {EVENT_CLASSES[name]: (kind, name == kind.begun_by) for name, kind in KIND_OF.items()}
"""By class of event: the kind of entity that it changes, and whether it usually is the first that is said of one."""


class Record(Protocol):
    """What is read of a Kafka record."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


class Unreadable(CadranError):
    """A record that is neither an event of the contract nor a notice."""

    code = "unreadable"


class Reading(NamedTuple):
    """What a batch says: items, what could not be read and why, and who was heard last at what time.

    `received` is when the last record that could be read was taken in (ms since 1970).
    """

    items: list[Item]
    unreadable: list[Unapplied]
    sources: dict[str, int]
    received: int


def read(records: Iterable[Record], state: StateVersion) -> Reading:
    """What a batch of records says; nothing where a record is not meant for this state."""
    items: list[Item] = []
    unreadable: list[Unapplied] = []
    heard: dict[str, datetime] = {}
    received: int | datetime = 0
    for record in records:
        try:
            if record.headers and NOTICES in (headers := dict(record.headers)):
                items.extend(_notice_items(record, headers, state))
                received = record.timestamp
                continue
            event = decode(record.value or b"")
            kind, begins = _CHANGES[type(event)]
        except Exception as error:  # whatever stands in Kafka, the records after it must go on
            unreadable.append(Unapplied(record.offset, f"{type(error).__name__}: {error}"))
            received = record.timestamp
            continue
        items.append(Item(record.offset, kind, event.subject, kind.fold, event, begins))
        heard[event.source] = received = event.receivedat
    sources = {source: _milliseconds(at) for source, at in heard.items()}
    return Reading(items, unreadable, sources, received if isinstance(received, int) else _milliseconds(received))


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def _notice_items(record: Record, headers: Mapping[str, bytes], state: StateVersion) -> list[Item]:
    kind = NOTICE_KINDS.get(headers[NOTICES].decode())
    if kind is None:
        raise Unreadable(f"no notice is called {headers[NOTICES]!r}")
    sender_topic = ENTITY_KINDS[kind.sender].topic
    if headers.get(STATE) != state.version.encode() or headers.get(ORIGIN) != state.topics[sender_topic].encode():
        return []
    try:
        notices = _decoders[kind.name].decode(record.value or b"")
    except msgspec.DecodeError as error:
        raise Unreadable(f"no notices: {error}") from None
    receiver = ENTITY_KINDS[kind.to]
    return [Item(record.offset, receiver, notice.to, kind.hear, notice) for notice in notices]


def notice_messages(notices: Mapping[str, Sequence[Notice[Any]]], state: StateVersion) -> list[Message]:
    """Notices packed by destination partition, at most 100 and 256 kB to a record."""
    messages = []
    for name, told in notices.items():
        kind = NOTICE_KINDS[name]
        by_partition: dict[int, list[Notice[Any]]] = {}
        for notice in told:
            by_partition.setdefault(partition_of(notice.to, state.partitions), []).append(notice)
        headers = [
            (NOTICES, name.encode()),
            (STATE, state.version.encode()),
            (ORIGIN, state.topics[ENTITY_KINDS[kind.sender].topic].encode()),
        ]
        for partition, own in by_partition.items():
            messages += [Message(Topic(kind.topic), None, value, partition, headers) for value in _packed(own)]
    return messages


def _packed(notices: Iterable[Notice[Any]]) -> Iterator[bytes]:
    pack: list[msgspec.Raw] = []
    size = 0
    for notice in notices:
        encoded = _encoder.encode(notice)
        if pack and (len(pack) == MAX_NOTICES or size + len(encoded) > MAX_BYTES):
            yield _encoder.encode(pack)
            pack, size = [], 0
        pack.append(msgspec.Raw(encoded))
        size += len(encoded)
    if pack:
        yield _encoder.encode(pack)
