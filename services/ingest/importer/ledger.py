"""How far an import has come, on disk: what is sent and what is rejected, and rows that wait for others of their order.

All of it lies in one SQLite file, so that memory holds none of it, and each step is kept whole or not at all.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from services.common.errors import ConfigurationError
from services.ingest.importer.build import Numbered, Rejected

READING, GATHERED = 0, 1
CACHE_KIB = 16 * 1024
"""What SQLite may hold in memory, sorting included."""

CHUNK = 2000
MOST_ROWS = 100_000
"""Of one event, which is built in memory. More are no order, but a mapping whose `subject` names another column."""

TOO_MANY = f"its event has more than {MOST_ROWS:,} lines - look at `subject` in the mapping"

_SCHEMA = """
begin;
create table if not exists place (stage integer not null, at integer not null);
create table if not exists kept (event integer, subject text, line integer, cells blob);
create table if not exists rejected (line integer, reason text);
create table if not exists counts (name text primary key, number integer not null);
commit;
"""

_GATHER = """
create table gathered as
select first, event, line, cells, number
from (
    select event, line, cells,
        min(line) over of_event as first,
        count(*) over of_event as number
    from kept
    window of_event as (partition by event, subject)
)
order by first, event, line
"""

_cells = msgspec.msgpack.Decoder(tuple[str, ...])


class Place(NamedTuple):
    """How far: the last line of the file that was read, or the last gathered row; all up to it is done."""

    stage: int
    at: int


class Kept(NamedTuple):
    """A row that waits for the others of its event: the event's number in the mapping, and its subject."""

    event: int
    subject: str
    line: int
    cells: bytes


class Group(NamedTuple):
    """All rows of one event; `at`: the place of the last."""

    at: int
    event: int
    rows: list[Numbered]


def keep(event: int, subject: str, numbered: Numbered) -> Kept:
    """A row as it is kept."""
    return Kept(event, subject, numbered.line, msgspec.msgpack.encode(numbered.row))


class Ledger:
    """A context manager; what was begun and not settled is forgotten."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._database = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            self._database.execute("pragma locking_mode = exclusive")
            self._database.execute("pragma synchronous = normal")  # what a power cut takes back is done again
            self._database.execute("pragma journal_mode = wal")
            self._database.execute(f"pragma cache_size = -{CACHE_KIB}")
            self._database.executescript(_SCHEMA)
            found = self._database.execute("select stage, at from place").fetchone()
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise ConfigurationError(
                f"{path} cannot be used: {error}", mend="wait, if this file is being imported; else delete it"
            ) from None
        self.place = Place(*found) if found else Place(READING, 0)
        self.counts = Counter(dict(self._database.execute("select name, number from counts")))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def forget(self) -> None:
        """Delete it: the import is through."""
        self._database.close()
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink()

    def settle(
        self, place: Place, counts: Counter[str], kept: Iterable[Kept] = (), rejected: Iterable[Rejected] = ()
    ) -> None:
        """Note that all up to a place is done, and what it came to."""
        with self._whole():
            self._database.executemany("insert into kept values (?, ?, ?, ?)", kept)
            self._database.executemany("insert into rejected values (?, ?)", rejected)
            self._move(place)
            self._database.executemany(
                "insert into counts values (?, ?) on conflict (name) do update set number = number + excluded.number",
                counts.items(),
            )
        self.counts += counts

    def gather(self) -> None:
        """Bring the rows that were kept together by event, in the order in which events begin in the file."""
        if self.place.stage == GATHERED:
            return
        self._database.execute("pragma journal_mode = truncate")  # the other one would hold all of it a second time
        with self._whole():
            self._database.execute(_GATHER)
            self._database.execute("drop table kept")
            self._database.execute(
                "insert into rejected select line, ? from gathered where number > ?", (TOO_MANY, MOST_ROWS)
            )
            self._move(Place(GATHERED, 0))
        self._database.execute("pragma journal_mode = wal")

    @property
    def lines(self) -> int:
        """Lines of the file that are read."""
        return self.counts["lines"]

    @property
    def gathered(self) -> int:
        """Rows that were gathered."""
        return self._number("select max(rowid) from gathered")

    def groups(self) -> Iterator[Group]:
        """What was gathered, event by event, from the place on."""
        for (_, event), rows in groupby(self._gathered_rows(), itemgetter(1, 2)):
            own = list(rows)
            yield Group(own[-1][0], event, [Numbered(line, _cells.decode(cells)) for _, _, _, line, cells in own])

    @property
    def rejected_lines(self) -> int:
        return self._number("select count(distinct line) from rejected")

    def rejected(self) -> Iterator[Rejected]:
        """Every line that was not imported, with each of its reasons."""
        found = self._database.execute("select line, reason from rejected order by line, reason")
        return (Rejected(*each) for each in found)

    def commonest_reasons(self, most: int) -> list[tuple[str, int]]:
        """Reasons why lines were rejected, and of how many."""
        query = "select reason, count(*) from rejected group by reason order by count(*) desc, min(line) limit ?"
        return self._database.execute(query, (most,)).fetchall()

    def _gathered_rows(self) -> Iterator[tuple[int, int, int, int, bytes]]:
        query = (
            "select rowid, first, event, line, cells from gathered where rowid > ? and number <= ? "
            "order by rowid limit ?"
        )
        at = self.place.at
        while chunk := self._database.execute(query, (at, MOST_ROWS, CHUNK)).fetchall():
            yield from chunk
            at = chunk[-1][0]

    def _move(self, place: Place) -> None:
        self._database.execute("delete from place")
        self._database.execute("insert into place values (?, ?)", place)
        self.place = place

    def _number(self, query: str) -> int:
        return self._database.execute(query).fetchone()[0] or 0

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """Kept whole or not at all."""
        self._database.execute("begin")
        try:
            yield
        except BaseException:
            self._database.execute("rollback")
            raise
        self._database.execute("commit")
