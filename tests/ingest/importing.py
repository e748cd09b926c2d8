"""An import without a gateway: the whole way of rows, to events that are gathered here instead."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from services.common.client import BatchAnswer
from services.ingest.importer.build import Numbered, Rejected, recipes
from services.ingest.importer.delivery import Delivery, Patience
from services.ingest.importer.ledger import Ledger
from services.ingest.importer.mapping import Mapping
from services.ingest.importer.run import Import
from services.ingest.importer.table import read_table
from tests.support.events import PARIS

MEMORY = Path("/dev/shm")
NOW = datetime(2026, 11, 23, tzinfo=UTC)

Event = dict[str, Any]
Rows = Iterable[Numbered | Rejected]


class Imported(NamedTuple):
    """What an import came to."""

    events: list[Event]
    rejected: list[Rejected]
    counts: Counter[str]


class Inbox:
    """Takes batches as the gateway would, and fails after so many."""

    def __init__(self, fails_after: int | None = None) -> None:
        self.events: list[Event] = []
        self._left = fails_after

    def __call__(self, events: Sequence[msgspec.Raw]) -> BatchAnswer:
        if self._left == 0:
            raise ConnectionError
        if self._left is not None:
            self._left -= 1
        self.events += [msgspec.json.decode(event) for event in events]
        return BatchAnswer(len(events), 0, 0, [])


def numbered(rows: Sequence[dict[str, str]], mapping: Mapping) -> list[Numbered]:
    """Rows as a table's reader gives them."""
    return [Numbered(i + 2, tuple(row[name] for name in mapping.columns)) for i, row in enumerate(rows)]


def carry_out(
    rows: Rows, mapping: Mapping, ledger: Ledger, send: Callable[..., BatchAnswer], revision: int = 0
) -> None:
    """Import rows from where a ledger stands."""
    made = recipes(mapping, receivedat=NOW, zone=PARIS, revision=revision)
    Import(made, ledger).run(rows, Delivery(send, ledger, Patience(), []).deliver)


def imported(rows: Rows, mapping: Mapping, revision: int = 0) -> Imported:
    """All that rows become, at once."""
    inbox = Inbox()
    with a_ledger() as ledger:
        carry_out(rows, mapping, ledger, inbox, revision)
        return Imported(inbox.events, list(ledger.rejected()), ledger.counts)


@contextmanager
def a_ledger() -> Iterator[Ledger]:
    """In memory where there is a folder for that: a property makes hundreds, and would wait for the disk each time."""
    with (
        tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder,
        Ledger(Path(folder) / "ledger.sqlite") as ledger,
    ):
        yield ledger


def table(path: Path, mapping: Mapping) -> Iterator[Numbered | Rejected]:
    """The rows of a file."""
    with path.open("rb") as file:
        yield from read_table(file, mapping)
