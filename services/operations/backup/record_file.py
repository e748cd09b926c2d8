"""Records of one partition in a file that only grows.

```
file  = MAGIC, a frame of its Origin, then frames of blocks
block = records that follow one another
frame = length of the payload (4 bytes), its CRC-32 (4 bytes), the payload: msgpack, packed by zstd
```

Numbers are big-endian. What a kill leaves behind the last whole frame is found by its length or its sum.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple, TypeVar
from zlib import crc32

import msgspec
import zstandard

MAGIC = b"CADRANREC1\n"
MOST_BLOCK_BYTES = 1 << 20
"""What the records of one block may weigh, unless a single one weighs more: it bounds a reader's memory."""
MOST_FRAME_BYTES = 64 << 20
"""A longer frame is none: Kafka itself takes no record of this size."""

_FRAME = struct.Struct(">II")
_encode = msgspec.msgpack.encode
T = TypeVar("T")


class Record(msgspec.Struct, frozen=True, array_like=True):
    """A record of Kafka; `timestamp` in milliseconds since 1970."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()

    @property
    def weight(self) -> int:
        """Bytes, about."""
        return 64 + len(self.key or b"") + len(self.value or b"") + sum(64 + len(v or b"") for _, v in self.headers)


class Origin(msgspec.Struct, frozen=True, array_like=True):
    """Which records a file begins with: Kafka's id of the topic, the partition, the first offset."""

    topic: str
    topic_id: str
    partition: int
    first: int


class Reach(NamedTuple):
    """How far a file is whole: in bytes, and the offset that follows its last record."""

    bytes: int
    next: int


class Damaged(Exception):
    """What is read is no whole frame, or not the one that must follow."""


def begin(file: BinaryIO, origin: Origin) -> None:
    """Write what every file begins with."""
    file.write(MAGIC + _framed(_encode(origin)))


def append(file: BinaryIO, records: Sequence[Record]) -> None:
    """Write records that follow those that are there, in as many blocks as they fill."""
    block: list[Record] = []
    weight = 0
    for record in records:
        if block and weight + record.weight > MOST_BLOCK_BYTES:
            file.write(_framed(_encode(block)))
            block, weight = [], 0
        block.append(record)
        weight += record.weight
    if block:
        file.write(_framed(_encode(block)))


def read_origin(file: BinaryIO) -> Origin:
    """What a file begins with; leaves it at its first block.

    :raises Damaged: when it is no such file.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise Damaged("it is no file of records")
    return _read(file, Origin)


def blocks(file: BinaryIO, origin: Origin, end: int) -> Iterator[list[Record]]:
    """The blocks up to a place in the file, one in memory at a time.

    :raises Damaged: at the first one that is not whole, or does not follow the one before.
    """
    following = origin.first
    while file.tell() < end:
        block = _read(file, list[Record])
        if [record.offset for record in block] != list(range(following, following + len(block))):
            raise Damaged(f"offset {following} does not follow")
        following += len(block)
        yield block


def reach(file: BinaryIO, origin: Origin, size: int) -> Reach:
    """How far a file of `size` bytes is whole, which a kill may have broken off anywhere behind its first frame."""
    found = Reach(file.tell(), origin.first)
    try:
        for block in blocks(file, origin, size):
            found = Reach(file.tell(), found.next + len(block))
    except Damaged:
        pass
    return found


def _framed(content: bytes) -> bytes:
    payload = zstandard.compress(content, level=3)
    return _FRAME.pack(len(payload), crc32(payload)) + payload


def _read(file: BinaryIO, kind: type[T]) -> T:
    head = file.read(_FRAME.size)
    if len(head) < _FRAME.size:
        raise Damaged("it breaks off")
    length, total = _FRAME.unpack(head)
    payload = file.read(length) if length <= MOST_FRAME_BYTES else b""
    if len(payload) < length or crc32(payload) != total:
        raise Damaged("a block is not what was written")
    try:
        return msgspec.msgpack.decode(zstandard.decompress(payload), type=kind)
    except (zstandard.ZstdError, msgspec.DecodeError):
        raise Damaged("a block is not what was written") from None
