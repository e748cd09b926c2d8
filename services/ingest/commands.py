"""`cadran import`: a CSV file becomes events."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.common.client import EventsClient, read_key
from services.common.settings import Port, Settings
from services.ingest.campaigns import commands as campaign_commands
from services.ingest.client import KeyFile, Url
from services.ingest.connectors import commands as connector_commands
from services.ingest.importer.build import Builder, Built, Rejected
from services.ingest.importer.mapping import load_mapping
from services.ingest.importer.table import read_table

BATCH = 2000
SHOWN = 10

console = Console()


def register(app: typer.Typer) -> None:
    app.command("import")(import_file)
    campaign_commands.register(app)
    connector_commands.register(app)


def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV file, or one that is gzipped (.gz).")],
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
    """Import a CSV file. Ids come from the content: importing it twice, or shuffled, changes nothing."""
    settings = Settings.load()
    spec = load_mapping(mapping)
    builder = Builder(spec, receivedat=datetime.now(UTC), zone=settings.zone, revision=revision)
    with console.status(f"reading {file.name}"):
        built = list(builder.build(read_table(file, spec)))
    counts: Counter[str] = Counter()
    rejected = list(builder.rejected)
    if dry_run:
        _show(built)
    else:
        target = url or f"http://127.0.0.1:{settings.port(Port.INGEST)}"
        with EventsClient(target, read_key(key_file or settings.local_dir / "dev.key")) as client:
            rejected += _send(client, built, counts)
    _report(built, counts, builder, rejected, rejects)
    _hint_at_rates(built, settings.reporting_currency)


def _send(client: EventsClient, built: list[Built], counts: Counter[str]) -> list[Rejected]:
    """Send everything, with a bar; returns the lines of what the gateway refused."""
    rejected: list[Rejected] = []
    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TextColumn("events,"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(built))
        for batch in _batches(built):
            answer = client.send([each.event for each in batch])
            counts.update({"accepted": answer.accepted, "duplicate": answer.duplicates})
            for item in answer.results:
                if item.error is not None:
                    reason = (
                        f"{item.error.get('field', '')}: {item.error.get('detail', '')} - {item.error.get('mend', '')}"
                    )
                    rejected += [
                        Rejected(line, f"the gateway refuses it: {reason}") for line in batch[item.index].lines
                    ]
            progress.advance(task, len(batch))
    return rejected


def _batches(built: list[Built]) -> Iterator[list[Built]]:
    rest = iter(built)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _show(built: list[Built]) -> None:
    for event_type in sorted({each.event["type"] for each in built}):
        first: dict[str, Any] = next(each.event for each in built if each.event["type"] == event_type)
        console.print(f"the first {event_type}:", highlight=False, soft_wrap=True)
        console.print_json(msgspec.json.encode(first).decode())


def _hint_at_rates(built: list[Built], reporting: str) -> None:
    """Amounts of another currency are shown only where its exchange rate is known."""
    stated = {each.event["data"].get("currency") for each in built} - {None, reporting}
    for currency in sorted(stated):
        console.print(
            f"{'':>9} {currency} is shown in {reporting} where a rate is known: send `rate.set` for these days, "
            f"or start with CADRAN_REPORTING_CURRENCY={currency}",
            highlight=False,
            soft_wrap=True,
        )


def _report(
    built: list[Built], counts: Counter[str], builder: Builder, rejected: list[Rejected], rejects: Path | None
) -> None:
    """What was read, what became of it, and which lines were not imported and why."""
    for event_type, number in sorted(Counter(each.event["type"] for each in built).items()):
        console.print(f"{number:>9,} {event_type}", highlight=False, soft_wrap=True)
    if counts:
        console.print(
            f"{counts['accepted']:>9,} accepted, {counts['duplicate']:,} known already", highlight=False, soft_wrap=True
        )
    if builder.rounded:
        console.print(
            f"{builder.rounded:>9,} amounts were finer than the minor unit and rounded half-even", highlight=False
        )
    if builder.combined:
        console.print(
            f"{builder.combined:>9,} lines beyond the 1,000th of their order were put together", highlight=False
        )
    console.print(f"{len({each.line for each in rejected}):>9,} lines rejected", highlight=False, soft_wrap=True)
    for reason, number in Counter(each.reason for each in rejected).most_common(SHOWN):
        console.print(f"{'':>9} {number:,} x {reason}", highlight=False, soft_wrap=True)
    if rejects is not None:
        with rejects.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("line", "reason"))
            writer.writerows(sorted(rejected))
        console.print(f"{'':>9} all in {rejects}", highlight=False, soft_wrap=True)
