"""A bar while a table is read and one while orders are sent, each with the time that it still takes."""

import os
from io import BufferedReader
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn

from services.ingest.importer.ledger import READING, Ledger
from services.ingest.importer.run import Batch


class Watch:
    """Shows how far an import is: by bytes of the file, which are known however it is packed, then by rows gathered."""

    def __init__(self, console: Console, file: BufferedReader, ledger: Ledger) -> None:
        self._file = file
        self._ledger = ledger
        self._sending: TaskID | None = None
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._size = os.fstat(file.fileno()).st_size
        self._reading = self._bars.add_task("reading", total=self._size)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def heard(self, batch: Batch) -> None:
        """A batch is settled."""
        counts, rejected = self._ledger.counts, self._ledger.counts["rejected"]
        sent = counts["accepted"] + counts["duplicate"]
        said = f"{counts['lines']:,} lines read, {sent:,} events sent, {rejected:,} lines rejected"
        if batch.place.stage == READING:
            at = self._file.tell()
            gathering = ", gathering orders" if at >= self._size else ""
            self._bars.update(self._reading, completed=at, description=said + gathering)
            return
        if self._sending is None:
            self._bars.remove_task(self._reading)
            self._sending = self._bars.add_task("", total=self._ledger.gathered)
        self._bars.update(self._sending, completed=batch.place.at, description=said)
