"""An import from its first row to its last, in batches of what rows become.

Events of one row each go on as they are read. Rows of orders are kept in the ledger until all are known, gathered, and
made into orders then.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from services.common.errors import Invalid
from services.ingest.importer.build import Built, Numbered, Recipe, Rejected
from services.ingest.importer.ledger import GATHERED, READING, Kept, Ledger, Place, keep

BATCH_EVENTS = 1000
BATCH_BYTES = 2 * 1024 * 1024
"""A quarter of what the gateway takes at once: the last event of a batch may be large."""

BATCH_LINES = 20_000


class Batch:
    """What some rows became: events to send, rows to keep, lines that are rejected."""

    def __init__(self) -> None:
        self.place = Place(READING, 0)
        self.built: list[Built] = []
        self.kept: list[Kept] = []
        self.rejected: list[Rejected] = []
        self.lines = 0
        self._bytes = 0

    def take(self, made: Built | list[Rejected]) -> None:
        if isinstance(made, Built):
            self.built.append(made)
            self._bytes += len(bytes(made.body))
        else:
            self.rejected += made

    @property
    def full(self) -> bool:
        return len(self.built) >= BATCH_EVENTS or self.lines >= BATCH_LINES or self._bytes >= BATCH_BYTES

    @property
    def events(self) -> list[msgspec.Raw]:
        return [built.body for built in self.built]

    def counts(self) -> Counter[str]:
        """What is told at the end: events by type, amounts by currency, what had to be changed."""
        counts = Counter({"lines": self.lines} if self.place.stage == READING else {})
        for built in self.built:
            counts[f"type {built.type}"] += 1
            counts["rounded"] += built.rounded
            counts["combined"] += built.combined
            if built.currency is not None:
                counts[f"currency {built.currency}"] += 1
        return counts


class Import:
    """Makes batches of a table's rows, from where the ledger stands."""

    def __init__(self, recipes: Sequence[Recipe], ledger: Ledger) -> None:
        self._recipes = recipes
        self._ledger = ledger

    def run(self, rows: Iterable[Numbered | Rejected], deliver: Callable[[Iterator[Batch]], None]) -> None:
        """Have everything delivered. What is delivered is in the ledger when `deliver` returns."""
        if self._ledger.place.stage == READING:
            deliver(self._read(rows))
        self._ledger.gather()
        deliver(self._gathered())

    def _read(self, rows: Iterable[Numbered | Rejected]) -> Iterator[Batch]:
        done = self._ledger.place.at
        batch = Batch()
        for row in rows:
            if row.line <= done:
                continue
            batch.place = Place(READING, row.line)
            batch.lines += 1
            if isinstance(row, Rejected):
                batch.rejected.append(row)
            else:
                self._sort(row, batch)
            if batch.full:
                yield batch
                batch = Batch()
        if batch.lines:
            yield batch

    def _sort(self, numbered: Numbered, batch: Batch) -> None:
        """Put a row with the events that it is part of."""
        used = False
        for i, recipe in enumerate(self._recipes):
            if not recipe.applies(numbered.row):
                continue
            used = True
            try:
                subject = recipe.subject(numbered.row)
            except Invalid as error:
                batch.rejected.append(Rejected(numbered.line, str(error)))
                continue
            if recipe.grouped:
                batch.kept.append(keep(i, subject, numbered))
            else:
                batch.take(recipe.build((numbered,)))
        if not used:
            batch.rejected.append(Rejected(numbered.line, "no event of the mapping applies to this line"))

    def _gathered(self) -> Iterator[Batch]:
        batch = Batch()
        for group in self._ledger.groups():
            batch.place = Place(GATHERED, group.at)
            batch.lines += len(group.rows)
            batch.take(self._recipes[group.event].build(group.rows))
            if batch.full:
                yield batch
                batch = Batch()
        if batch.lines:
            yield batch
