"""Records: from Kafka's bytes to items that change entities, and from notices to Kafka's bytes.

A topic carries events (CloudEvents in JSON) and notices between entities (packed, many to a record). Notices count only
for the state that they were made in: one's own state version, and the same topic of the sender.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from services.common.errors import CadranError
from services.common.events import Event, decode
from services.common.publisher import Message, partition_of
from services.common.topics import Topic
from services.kpi_stream.entities.kinds import ENTITY_KINDS, NOTICE_KINDS, kind_of
from services.kpi_stream.entities.notices import Notice
from services.kpi_stream.folding import Item
from services.kpi_stream.state_version import StateVersion

NOTICES = "cadran-notices"
STATE = "cadran-state"
ORIGIN = "cadran-origin"
MAX_NOTICES = 100
MAX_BYTES = 256 * 1024

_decoders = {name: msgspec.msgpack.Decoder(list[kind.model]) for name, kind in NOTICE_KINDS.items()}  # type: ignore[name-defined]
_encoder = msgspec.msgpack.Encoder()


class Record(Protocol):
    """What is read of a Kafka record."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


class Unreadable(CadranError):
    """A record that is neither an event of the contract nor a notice."""

    code = "unreadable"


class Reading(msgspec.Struct):
    """What a record says: items, and (for an event) who sent it and when it was taken in (ms since 1970)."""

    items: list[Item]
    received_ms: int
    source: str = ""


def read(record: Record, state: StateVersion) -> Reading:
    """What a record says; no items where it is not meant for this state.

    :raises Unreadable: saying why.
    """
    if record.headers:
        headers = dict(record.headers)
        if NOTICES in headers:
            return Reading(list(_notice_items(record, headers, state)), record.timestamp)
    try:
        event = decode(record.value)
    except CadranError as error:
        raise Unreadable(str(error)) from None
    item = Item(record.offset, kind_of(event.type), event.subject, _taking_in(event))
    return Reading([item], int(event.receivedat.timestamp() * 1000), event.source)


def _taking_in(event: Event) -> Any:
    fold = kind_of(event.type).fold
    return lambda entity: fold(entity, event)


def _notice_items(record: Record, headers: Mapping[str, bytes], state: StateVersion) -> Iterator[Item]:
    kind = NOTICE_KINDS.get(headers[NOTICES].decode())
    if kind is None:
        raise Unreadable(f"no notice is called {headers[NOTICES]!r}")
    sender_topic = ENTITY_KINDS[kind.sender].topic
    if headers.get(STATE) != state.version.encode() or headers.get(ORIGIN) != state.topics[sender_topic].encode():
        return
    try:
        notices = _decoders[kind.name].decode(record.value)
    except msgspec.DecodeError as error:
        raise Unreadable(f"no notices: {error}") from None
    for notice in notices:
        yield Item(record.offset, ENTITY_KINDS[kind.to], notice.to, _hearing(kind.hear, notice))


def _hearing(hear: Any, notice: Notice[Any]) -> Any:
    return lambda entity: hear(entity, notice)


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
