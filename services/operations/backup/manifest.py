"""The manifest of a backup: what belongs to it, and the SHA-256 of each file. It is written last, whole.

A folder without one holds no finished backup. A backup into a folder that has one leaves it as it is until the new one
takes its place, so a broken-off backup harms nothing.
"""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from services.common.errors import ConfigurationError
from services.common.whole_files import OURS_ALONE, replace_file

FORMAT = 1
"""Raise it when an older release could not read what is written."""
NAME = "manifest.json"
CHUNK = 1 << 20


class Kept(msgspec.Struct, frozen=True):
    """A file of the backup: its path in the folder, and how many of its first bytes count, with their sum."""

    path: str
    bytes: int
    sha256: str


class KeptFile(msgspec.Struct, frozen=True):
    """A file of the installation, and its rights."""

    kept: Kept
    mode: int


class KeptDatabase(msgspec.Struct, frozen=True):
    """A service's database, as a copy that `kind` (`sqlite` or `postgresql`) can read."""

    kept: Kept
    kind: str


class KeptPartition(msgspec.Struct, frozen=True):
    """The files of a partition, in order, and the offset that follows their last record."""

    topic: str
    partition: int
    next: int
    files: tuple[Kept, ...]


class KeptRecords(msgspec.Struct, frozen=True):
    """Kafka's records: of which cluster and topics, and each partition's."""

    cluster: str
    topics: dict[str, str]
    partitions: tuple[KeptPartition, ...]

    @property
    def total(self) -> int:
        return sum(partition.next for partition in self.partitions)


class Manifest(msgspec.Struct, frozen=True):
    """A finished backup. `state`: the digest of the states that its release makes of Kafka."""

    id: str
    at: datetime
    release: str
    state: str
    files: dict[str, KeptFile]
    databases: dict[str, KeptDatabase]
    records: KeptRecords | None
    format: int = FORMAT

    def all_kept(self) -> Iterator[Kept]:
        yield from (file.kept for file in self.files.values())
        yield from (database.kept for database in self.databases.values())
        for partition in self.records.partitions if self.records else ():
            yield from partition.files


class _AnyFormat(msgspec.Struct):
    format: int


def new_id() -> str:
    return secrets.token_hex(4)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of the last backup that was finished, or none.

    :raises ConfigurationError: when it cannot be read, or is of a release that knows more.
    """
    path = folder / NAME
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}", mend="mend its rights") from None
    try:
        found = msgspec.json.decode(content, type=_AnyFormat).format
        if found <= FORMAT:
            return msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"{path} is damaged: {error}", mend="take another copy of the backup") from None
    raise ConfigurationError(
        f"{path} is of format {found}, this release reads up to {FORMAT}", mend="restore it with the release of then"
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    replace_file(folder / NAME, msgspec.json.format(msgspec.json.encode(manifest)), OURS_ALONE)


def kept(folder: Path, path: Path) -> Kept:
    """A file of the folder as it is now."""
    return Kept(str(path.relative_to(folder)), size := path.stat().st_size, sum_of(path, size))


def sum_of(path: Path, size: int) -> str:
    """The SHA-256 of a file's first bytes.

    :raises OSError: when it cannot be read.
    """
    total = hashlib.sha256()
    with path.open("rb") as file:
        while size > 0 and (chunk := file.read(min(CHUNK, size))):
            total.update(chunk)
            size -= len(chunk)
    return total.hexdigest()


def damage(folder: Path, wanted: Kept) -> str:
    """What is wrong with a file of a backup, or nothing."""
    try:
        if (folder / wanted.path).stat().st_size < wanted.bytes:
            return f"{wanted.path} is shorter than it was"
        if sum_of(folder / wanted.path, wanted.bytes) != wanted.sha256:
            return f"{wanted.path} is not what was written"
    except FileNotFoundError:
        return f"{wanted.path} is gone"
    except OSError as error:
        return f"{wanted.path} cannot be read: {error.strerror}"
    return ""
