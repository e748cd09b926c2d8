"""The audit log: who did what to this installation, and what became of it.

A file of JSON lines that is only ever appended to. Each act has two: one before it is done, without which it is not
done, and one when it has ended. Each line bears a hash of itself and of all before it, and the file beside it the hash
of the last: a line that was changed, removed or put in is told, and so is an end that was cut off. Whoever may write
both files can make both anew: who must be safe from that keeps a copy elsewhere (docs/security.md).

Neither secrets nor what is said of persons belong here: of an act, only what it names on purpose is told.
"""

import asyncio
import fcntl
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

import msgspec

from services.common.errors import CadranError, ConfigurationError, Unavailable
from services.common.logging import get_logger
from services.common.whole_files import OURS_ALONE, replace_file
from services.common.windows import Clock, utc_now

log = get_logger(__name__)

BEGINNING = "0" * 64
"""What the first line follows."""
LONGEST = 300
"""Characters of what an act names, so that a line is no longer than a block."""
BLOCK = 8192
BEFORE_CHAIN, AFTER_CHAIN = b',"chain":"', b'"}\n'
SUFFIX = len(BEFORE_CHAIN) + len(BEGINNING) + len(AFTER_CHAIN)

Outcome = Literal["begun", "done", "refused", "failed", "interrupted"]


class Entry(msgspec.Struct, frozen=True):
    """A line. `act`: what its two lines have in common; `why`: of what was refused or failed, the error's code."""

    time: datetime
    act: str
    who: str
    what: str
    subject: str
    outcome: Outcome
    why: str = ""


class Line(NamedTuple):
    """An entry as it is written, and the hash that it bears: its last field."""

    entry: bytes
    chain: str


class AuditLog:
    """The log of an installation. Several processes append to it at once."""

    def __init__(self, path: Path, clock: Clock = utc_now) -> None:
        self._path = path
        self._head = path.with_suffix(".head")
        self._clock = clock

    @contextmanager
    def acting(self, who: str, what: str, subject: str = "") -> Iterator[None]:
        """Record an act around what is done.

        :raises Unavailable: when the log cannot be written; before the act, which is not done then, or after it.
        :raises ConfigurationError: when its end is not as it was written.
        """
        act = secrets.token_hex(4)

        def write(outcome: Outcome, why: str = "") -> None:
            self._append(Entry(self._clock(), act, _told(who), what, _told(subject), outcome, why))

        write("begun")
        try:
            yield
        except CadranError as error:
            write("refused", error.code)
            raise
        except Exception as error:
            write("failed", type(error).__name__)
            raise
        except BaseException:
            write("interrupted")
            raise
        try:
            write("done")
        except Unavailable as error:
            raise Unavailable(f"{what} was done, but {error.message}", mend=error.mend) from None

    @asynccontextmanager
    async def acting_meanwhile(self, who: str, what: str, subject: str = "") -> AsyncIterator[None]:
        """The same in a service: others go on while the disk is waited for, and its log, which leaves the machine
        sooner than a file does, names the act too.
        """
        log.info("act of administration", who=_told(who), what=what, subject=_told(subject))
        act = self.acting(who, what, subject)
        await asyncio.to_thread(act.__enter__)
        try:
            yield
        except BaseException as error:
            await asyncio.to_thread(act.__exit__, type(error), error, error.__traceback__)
            raise
        await asyncio.to_thread(act.__exit__, None, None, None)

    def entries(self) -> list[Entry]:
        """All of it, the oldest first.

        :raises ConfigurationError: naming the first line that is not as it was written.
        """
        try:
            with self._path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH)
                return self._checked(file.read().splitlines(keepends=True))
        except FileNotFoundError:
            return self._checked([])
        except OSError as error:
            raise self._unavailable(error) from None

    def _append(self, entry: Entry) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            number = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, OURS_ALONE)
            with os.fdopen(number, "r+b", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                text = msgspec.json.encode(entry)
                chain = _chain(self._last(file), text)
                with _taken_back_unless_whole(file):
                    _write_all(file, text[:-1] + BEFORE_CHAIN + chain.encode() + AFTER_CHAIN)
                    replace_file(self._head, f"{chain}\n".encode(), OURS_ALONE)
        except OSError as error:
            raise self._unavailable(error) from None

    def _last(self, file: BinaryIO) -> str:
        """The hash that the last line bears."""
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - BLOCK))
        lines = file.read().splitlines(keepends=True)
        if not lines:
            return BEGINNING
        return self._line(lines[-1], "its last line").chain

    def _checked(self, contents: Sequence[bytes]) -> list[Entry]:
        entries, chains = [], [BEGINNING]
        for number, content in enumerate(contents, 1):
            line = self._line(content, f"line {number}")
            if _chain(chains[-1], line.entry) != line.chain:
                raise self._damaged(f"line {number} was changed, or a line before it removed or put in")
            chains.append(line.chain)
            entries.append(msgspec.json.decode(line.entry, type=Entry))
        head = self._head.read_text().strip() if self._head.exists() else BEGINNING
        if head not in chains[-2:]:  # the last line may have been written and its hash not yet, at a kill -9
            raise self._damaged(f"after line {len(contents)} lines are missing, or {self._head.name} was changed")
        return entries

    def _line(self, content: bytes, name: str) -> Line:
        entry, rest = content[:-SUFFIX] + b"}", content[-SUFFIX:]
        if not (rest.startswith(BEFORE_CHAIN) and rest.endswith(AFTER_CHAIN)):
            raise self._damaged(f"{name} is not whole")
        return Line(entry, rest[len(BEFORE_CHAIN) : -len(AFTER_CHAIN)].decode(errors="replace"))

    def _damaged(self, what: str) -> ConfigurationError:
        mend = "keep it and its .head as they are, find out why, and put both away: a new one begins"
        return ConfigurationError(f"the audit log {self._path} is not as it was written: {what}", mend=mend)

    def _unavailable(self, error: OSError) -> Unavailable:
        return Unavailable(
            f"the audit log {self._path} cannot be used: {error.strerror}",
            mend="give whoever runs this the right to write there, and room on the disk; without it nothing is done",
        )


@contextmanager
def _taken_back_unless_whole(file: BinaryIO) -> Iterator[None]:
    """Have a file as it was when there is no room for what is appended, or for the hash of it."""
    end = file.seek(0, os.SEEK_END)
    try:
        yield
    except OSError:
        file.truncate(end)
        raise


def _write_all(file: BinaryIO, content: bytes) -> None:
    """A nearly full disk takes a part, and refuses only the next."""
    while content:
        content = content[file.write(content) :]
    os.fsync(file.fileno())


def _chain(before: str, text: bytes) -> str:
    return hashlib.sha256(before.encode() + text).hexdigest()


def _told(text: str) -> str:
    """What can be written: an argument need not be UTF-8."""
    return text[:LONGEST].encode(errors="replace").decode()
