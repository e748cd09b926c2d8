"""The files of one partition in a backup's folder, as they grow.

A file takes records until it is large, then the next begins: so what was copied elsewhere need not be copied again. The
files that a manifest names are gone on with; what a broken-off backup left behind them is kept as far as it is whole.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from services.common.errors import ConfigurationError
from services.common.whole_files import OURS_ALONE
from services.operations.backup import record_file
from services.operations.backup.manifest import CHUNK, Kept, KeptPartition
from services.operations.backup.record_file import Damaged, Origin, Record

RECORDS = "records"
FULL = 64 << 20
"""Bytes after which a file takes no more."""
ANOTHER_FOLDER = "take another folder, and keep this one until the new backup is finished"


class PartitionLog:
    """Where a partition's records are appended. `next`: the offset that follows the last one."""

    def __init__(self, folder: Path, topic: str, topic_id: str, partition: int, before: KeptPartition | None) -> None:
        self._folder = folder
        self._own = folder / RECORDS / topic / str(partition)
        self._origin = Origin(topic, topic_id, partition, 0)
        self._full = list(before.files[:-1]) if before else []
        self._last: _Growing | None = None
        self.next = 0
        self._go_on(before.files[-1] if before and before.files else None)

    def append(self, records: Sequence[Record]) -> None:
        """Write records that follow.

        :raises ConfigurationError: when they do not: Kafka has lost or expired some.
        """
        if records[0].offset != self.next:
            raise ConfigurationError(
                f"{self._origin.topic} partition {self._origin.partition} goes on at offset {records[0].offset}, "
                f"and not at {self.next}: Kafka no longer holds all",
                mend="run `cadran topics check`: topics must keep everything",
            )
        if self._last is None or self._last.bytes >= FULL:
            self._begin_file()
        assert self._last is not None  # noqa: S101 - just begun
        self._last.append(records)
        self.next = records[-1].offset + 1

    def finish(self) -> KeptPartition:
        """The files as they are now, seen to be on the disk."""
        last = [self._last.kept(self._folder)] if self._last else []
        return KeptPartition(self._origin.topic, self._origin.partition, self.next, (*self._full, *last))

    def _begin_file(self) -> None:
        if self._last is not None:
            self._full.append(self._last.kept(self._folder))
        self._own.mkdir(parents=True, exist_ok=True)
        path = self._own / f"{self.next:020}.records"
        path.unlink(missing_ok=True)
        path.touch(mode=OURS_ALONE)
        self._last = _Growing(path)
        self._last.begin(Origin(self._origin.topic, self._origin.topic_id, self._origin.partition, self.next))

    def _go_on(self, named: Kept | None) -> None:
        """Take up the last file of the manifest, and those that a backup which was broken off began behind it."""
        if named is not None:
            self._take_up(self._folder / named.path, named)
        while (path := self._own / f"{self.next:020}.records").exists():
            last, before = self._last, self.next
            if not self._take_up(path, None):
                return
            if last is not None:
                self._full.append(last.kept(self._folder))
            if self.next == before:
                return

    def _take_up(self, path: Path, wanted: Kept | None) -> bool:
        """Whether the file was of use; one that a manifest names must be."""
        growing = _Growing(path)
        try:
            with path.open("rb") as file:
                origin = record_file.read_origin(file)
                found = record_file.reach(file, origin, path.stat().st_size)
        except (OSError, Damaged) as error:
            if wanted is None:
                return False
            raise _damaged(path, str(error)) from None
        if (origin.topic, origin.topic_id, origin.partition) != (
            self._origin.topic, self._origin.topic_id, self._origin.partition
        ):  # fmt: skip
            raise ConfigurationError(f"{path} holds records of another Kafka", mend=ANOTHER_FOLDER)
        if wanted is not None and (found.bytes < wanted.bytes or growing.sum_of(wanted.bytes) != wanted.sha256):
            raise _damaged(path, "it is not what was written")
        growing.cut(found.bytes)
        self._last, self.next = growing, found.next
        return True


def _damaged(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(f"{path} is damaged: {reason}", mend=ANOTHER_FOLDER)


class _Growing:
    """A file, and the sum of what it holds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sum = hashlib.sha256()
        self.bytes = 0

    def begin(self, origin: Origin) -> None:
        with self._path.open("r+b") as file:
            record_file.begin(file, origin)
        self._take_in()

    def append(self, records: Sequence[Record]) -> None:
        with self._path.open("ab") as file:
            record_file.append(file, records)
        self._take_in()

    def sum_of(self, size: int) -> str:
        """The sum of its first bytes, which are taken in."""
        self._take_in(size)
        return self._sum.hexdigest()

    def cut(self, size: int) -> None:
        """Leave out what is behind."""
        os.truncate(self._path, size)
        self._take_in()

    def kept(self, folder: Path) -> Kept:
        with self._path.open("rb") as file:
            os.fsync(file.fileno())
        return Kept(str(self._path.relative_to(folder)), self.bytes, self._sum.hexdigest())

    def _take_in(self, end: int | None = None) -> None:
        with self._path.open("rb") as file:
            file.seek(self.bytes)
            while chunk := file.read(CHUNK if end is None else min(CHUNK, end - self.bytes)):
                self._sum.update(chunk)
                self.bytes += len(chunk)
