"""The table that `make bench-import` imports is one whose orders must be gathered."""

from pathlib import Path

from services.ingest.importer.mapping import load_mapping
from tests.benchmarks.importing import MAPPING, lines, write
from tests.ingest.importing import imported, table


def test_some_lines_come_long_after_the_others_of_their_invoice() -> None:
    invoices = [line[0] for line in lines(100_000)]
    assert len(invoices) == 100_000
    last = {invoice: place for place, invoice in enumerate(invoices)}
    apart = [last[invoice] - place for place, invoice in enumerate(invoices)]
    assert sum(distance > 1000 for distance in apart) > 2_000


def test_every_line_of_it_is_imported(tmp_path: Path) -> None:
    mapping = load_mapping(Path(MAPPING))
    write(tmp_path / "lines.csv", 2000)
    done = imported(table(tmp_path / "lines.csv", mapping), mapping)
    assert done.rejected == []
    assert sum(len(event["data"]["lines"]) for event in done.events) == 2000
