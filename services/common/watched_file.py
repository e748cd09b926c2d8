"""A JSON file of ours that people and programs change while services run: read again when it has changed."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from services.common.errors import ConfigurationError
from services.common.whole_files import OURS_ALONE, replace_file

T = TypeVar("T")

RECHECK_SECONDS = 1.0


class WatchedFile(Generic[T]):
    """What a file holds, an empty `T` while it is not there. Written whole, readable by its owner alone.

    Who changes it holds a lock meanwhile: on a file beside it, as the file itself is replaced.

    `mend`: what to do about a file that cannot be read.
    """

    def __init__(self, path: Path, kind: type[T], mend: str) -> None:
        self._path = path
        self._kind = kind
        self._mend = mend
        self._content = kind()
        self._stamp: tuple[int, int, int] | None = None
        self._checked = float("-inf")

    def recent(self) -> T:
        """The content as it was a second ago at most.

        :raises ConfigurationError: as `read`.
        """
        now = time.monotonic()
        if now - self._checked >= RECHECK_SECONDS:
            self._checked = now
            self.read()
        return self._content

    def read(self) -> T:
        """The content as it is.

        :raises ConfigurationError: when it cannot be read, or holds something else.
        """
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp != self._stamp:
                self._content = msgspec.json.decode(self._path.read_bytes(), type=self._kind)
                self._stamp = stamp
        except FileNotFoundError:
            self._content, self._stamp = self._kind(), None
        except msgspec.DecodeError as error:
            raise ConfigurationError(f"{self._path} cannot be read: {error}", mend=self._mend) from None
        except OSError as error:
            mend = "give whoever runs this the right to read it"
            raise ConfigurationError(f"{self._path} cannot be read: {error.strerror}", mend=mend) from None
        return self._content

    def update(self, change: Callable[[T], T]) -> None:
        """Replace the content by what a change makes of it, which nobody else changes meanwhile.

        :raises ConfigurationError: as `read`, or when it cannot be written. Whatever is raised, it is as it was.
        """
        try:
            with self._locked():
                before = self.read()
                after = change(before)
                if after != before:
                    self._write(after)
        except OSError as error:
            mend = "give whoever runs this the right to write in its folder, and room on the disk"
            raise ConfigurationError(f"{self._path} cannot be written: {error.strerror}", mend=mend) from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, content: T) -> None:
        replace_file(self._path, msgspec.json.format(msgspec.json.encode(content)) + b"\n", OURS_ALONE)
        self.read()
