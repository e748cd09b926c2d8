"""`cadran import`: a table becomes events."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from services.common.client import BatchAnswer, EventsClient, read_key
from services.common.errors import ConfigurationError
from services.common.settings import Port, Settings
from services.ingest.client import KeyFile, Url
from services.ingest.importer.build import recipes
from services.ingest.importer.delivery import Delivery, Listener, Patience, Send
from services.ingest.importer.identity import forget_old, ledger_path
from services.ingest.importer.ledger import Ledger
from services.ingest.importer.mapping import Mapping, load_mapping
from services.ingest.importer.progress import Watch
from services.ingest.importer.report import Firsts, report, resumes, stopped
from services.ingest.importer.run import Import
from services.ingest.importer.table import read_table

console = Console()


def register(app: typer.Typer) -> None:
    app.command("import")(import_file)


def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV file (.gz and .zip too), an Excel (.xlsx) or a Parquet file.")],
    mapping: Annotated[Path, typer.Option(help="Which columns mean what: see docs/import.md.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, show what would be sent, send nothing.")
    ] = False,
    rejects: Annotated[Path | None, typer.Option(help="Where to write the rejected lines with their reasons.")] = None,
    revision: Annotated[
        int, typer.Option(min=0, help="Raise it when you import a corrected file: the greatest revision stands.")
    ] = 0,
    url: Url = "",
    key_file: KeyFile = None,
) -> None:
    """Import a table. Ids come from the content: importing it twice, or shuffled, changes nothing.

    Interrupted, the same command goes on where it stopped. Status 1 where no line could be imported.
    """
    settings = Settings.load()
    table = Table(file, load_mapping(mapping), revision, settings)
    if dry_run:
        _try_out(table, rejects)
    else:
        key = read_key(key_file or settings.local_dir / "dev.key")
        _send(table, url or f"http://127.0.0.1:{settings.port(Port.INGEST)}", key, rejects)


class Table(msgspec.Struct, frozen=True):
    """What is imported, and how it is read."""

    path: Path
    mapping: Mapping
    revision: int
    settings: Settings

    @contextmanager
    def opened(self) -> Iterator[BufferedReader]:
        try:
            file = self.path.open("rb")
        except OSError as error:
            raise ConfigurationError(f"{self.path} cannot be read: {error.strerror}") from None
        with file:
            yield file


def _try_out(table: Table, rejects: Path | None) -> None:
    firsts = Firsts()
    with (
        table.opened() as file,
        tempfile.TemporaryDirectory(prefix="cadran-import-") as folder,
        Ledger(Path(folder) / "dry-run.sqlite") as ledger,
    ):
        _carry_out(table, file, ledger, _send_nothing, Patience(), [firsts.heard])
        firsts.show(console)
        report(console, ledger, table.settings.reporting_currency, rejects)


def _send(table: Table, url: str, key: str, rejects: Path | None) -> None:
    folder, patience = table.settings.local_dir / "imports", Patience()
    with table.opened() as file:
        forget_old(folder)
        with console.status(f"looking at {table.path.name}"):
            path = ledger_path(folder, file, table.mapping, str(table.revision), table.settings.time_zone, url, key)
        with Ledger(path) as ledger, EventsClient(url, key, sleep=patience) as client:
            resumes(console, ledger)
            try:
                _carry_out(table, file, ledger, client.send, patience, [])
            except BaseException:
                stopped(console, ledger, rejects)
                raise
            report(console, ledger, table.settings.reporting_currency, rejects)
            nothing_came = ledger.rejected_lines and not ledger.counts["accepted"] + ledger.counts["duplicate"]
            ledger.forget()
    if nothing_came:
        raise typer.Exit(1)


def _carry_out(
    table: Table, file: BufferedReader, ledger: Ledger, send: Send, patience: Patience, listeners: Sequence[Listener]
) -> None:
    made = recipes(table.mapping, receivedat=datetime.now(UTC), zone=table.settings.zone, revision=table.revision)
    with Watch(console, file, ledger) as watch:
        delivery = Delivery(send, ledger, patience, [watch.heard, *listeners])
        Import(made, ledger).run(read_table(file, table.mapping), delivery.deliver)


def _send_nothing(_: Sequence[msgspec.Raw]) -> BatchAnswer:
    return BatchAnswer(0, 0, 0, [])
