"""A JSON file of ours that people and programs change while services run: read again when it has changed."""

import os
import time
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from services.common.errors import ConfigurationError

T = TypeVar("T")

RECHECK_SECONDS = 1.0


class WatchedFile(Generic[T]):
    """What a file holds, an empty `T` while it is not there. Written whole, readable by its owner alone.

    `mend`: what to do about a file that cannot be read.
    """

    def __init__(self, path: Path, kind: type[T], mend: str) -> None:
        self._path = path
        self._kind = kind
        self._mend = mend
        self._content = kind()
        self._stamp: tuple[int, int] | None = None
        self._checked = float("-inf")

    def recent(self) -> T:
        """The content as it was a second ago at most.

        :raises ConfigurationError: when it holds something else.
        """
        now = time.monotonic()
        if now - self._checked >= RECHECK_SECONDS:
            self._checked = now
            self.read()
        return self._content

    def read(self) -> T:
        """The content as it is.

        :raises ConfigurationError: when it holds something else.
        """
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._content, self._stamp = self._kind(), None
            return self._content
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp != self._stamp:
            try:
                self._content = msgspec.json.decode(self._path.read_bytes(), type=self._kind)
            except msgspec.DecodeError as error:
                raise ConfigurationError(f"{self._path} cannot be read: {error}", mend=self._mend) from None
            self._stamp = stamp
        return self._content

    def write(self, content: T) -> None:
        """Replace the content."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(f".{os.getpid()}.tmp")
        draft.touch(mode=0o600)
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
        draft.replace(self._path)
        self.read()
