"""What an import reads: tables of every form, and mapping files."""

import csv
import io
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import NamedTemporaryFile

from arro3.core import Array, DataType, RecordBatch
from arro3.io import write_parquet
from openpyxl import Workbook

from deploy.local.programs import ROOT
from services.common.csv_rows import each_good, rows_of
from services.common.errors import Invalid
from services.ingest.campaigns.bodies import Line
from services.ingest.importer.build import Numbered, recipes
from services.ingest.importer.mapping import Mapping, load_mapping
from services.ingest.importer.table import read_table
from tests.fuzz.parsers.fuzzing import Parser
from tests.fuzz.parsers.mutating import any_bytes, lines, words_of
from tests.support.events import PARIS, RECEIVED

EXPORTS = ROOT / "tests" / "ingest" / "exports"
MAPPINGS = ROOT / "docs" / "examples"
OF_EXPORTS = {path.stem: load_mapping(MAPPINGS / f"{path.stem}.yml") for path in sorted(EXPORTS.glob("*.csv"))}
RETAIL = load_mapping(MAPPINGS / "online_retail.yml")
MEMORY = Path("/dev/shm")
FOLDER = Path(tempfile.mkdtemp(prefix="cadran-fuzz-", dir=MEMORY if MEMORY.is_dir() else None))
MOST_ROWS = 200


def read_rows(content: bytes, mapping: Mapping, name: str) -> None:
    """A table is accepted if an event is made of one of its rows."""
    with NamedTemporaryFile(suffix=name) as file:
        file.write(content)
        file.flush()
        with Path(file.name).open("rb") as table:
            found = [row for row in islice(read_table(table, mapping), MOST_ROWS) if isinstance(row, Numbered)]
    made = 0
    for recipe in recipes(mapping, receivedat=RECEIVED, zone=PARIS, revision=0):
        for row in found:
            if recipe.applies(row.row):
                made += not isinstance(_built(recipe, row), list)
    if not made:
        raise Invalid("nothing is made of it")


def _built(recipe: object, row: Numbered) -> object:
    try:
        recipe.subject(row.row)  # type: ignore[attr-defined]
        return recipe.build([row])  # type: ignore[attr-defined]
    except Invalid:
        return []


def zip_mutant(random: Random, corpus: Sequence[bytes]) -> bytes:
    """An Excel file of which one part is changed, and packed again; now and then its bytes."""
    seed = random.choice(corpus)
    if random.random() < 0.2:
        return any_bytes(random, [seed])
    try:
        with zipfile.ZipFile(io.BytesIO(seed)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # of what was changed before
        return any_bytes(random, [seed])
    name = random.choice(
        [*parts, *(name for name in parts if "sheet" in name), *(name for name in parts if "sheet" in name)]
    )
    parts[name] = _in_xml(random, [parts[name]])
    if random.random() < 0.05:
        del parts[name]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in parts.items():
            archive.writestr(each, content)
    return made.getvalue()


_in_xml = words_of(b"<!ENTITY", b'r="XFD1048577"', b't="s"', b't="d"', b't="e"', b"<v>", b"1e999", b"-1", b"99999999")


def _to_excel(rows: Sequence[Sequence[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _to_parquet(rows: Sequence[Sequence[str]]) -> bytes:
    names, *cells = rows
    arrays = [Array([str(cell) for cell in column], type=DataType.string()) for column in zip(*cells, strict=True)]
    content = io.BytesIO()
    write_parquet(RecordBatch.from_arrays(arrays, names=list(names)), content)
    return content.getvalue()


def read_mapping(content: bytes) -> None:
    path = FOLDER / "mapping.yml"
    path.write_bytes(content)
    load_mapping(path)


def read_customers(content: bytes) -> None:
    each_good(rows_of("the table", io.StringIO(content.decode("latin-1"), newline=""), Line))


_ROWS = [
    ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"),
    (536365, "85123A", "HOLDER", 6, datetime(2010, 12, 1, 8, 26), 2.55, 17850, "France"),
    (536366, "22633", "HAND WARMER", -6, datetime(2010, 12, 1, 8, 28), 1.85, 17850, "United Kingdom"),
]
_cells = words_of(b'"', b"1,299.00", b"1.299,00", b"-", b"1e400", b"2026-02-30 25:61", b"31/12/2026", b"\x00")


def _text(rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


PARSERS = [
    *(
        Parser(
            f"CSV, {name}",
            [(EXPORTS / f"{name}.csv").read_bytes()[:6000]],
            _cells,
            partial(read_rows, mapping=mapping, name=f"{name}.csv"),
            8,
        )
        for name, mapping in OF_EXPORTS.items()
    ),
    Parser("CSV, of lines", [_text(_ROWS)], _cells, partial(read_rows, mapping=RETAIL, name="a.csv"), 40),
    Parser("Excel", [_to_excel(_ROWS)], zip_mutant, partial(read_rows, mapping=RETAIL, name="a.xlsx"), 4),
    Parser("Parquet", [_to_parquet(_ROWS)], any_bytes, partial(read_rows, mapping=RETAIL, name="a.parquet"), 1),
    Parser("CSV of customers", [b"customer_id\nC-1\n"], _cells, read_customers, 15),
    Parser(
        "mapping file",
        [path.read_bytes() for path in sorted(MAPPINGS.glob("*_orders.yml"))]
        + [(MAPPINGS / "hubspot_deals.yml").read_bytes()],
        lines,
        read_mapping,
        3,
    ),
]
