"""One table in every form that is read: the same rows."""

import gzip
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from arro3.core import Array, DataType, RecordBatch
from arro3.io import write_parquet
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import ConfigurationError
from services.ingest.importer.mapping import Mapping, load_mapping
from services.ingest.importer.parquet import parquet_rows
from services.ingest.importer.table import read_table
from services.ingest.importer.typed import text_of
from tests.ingest.importing import Event, imported, table

RETAIL = load_mapping(Path("docs/examples/online_retail.yml"))
NAMES = ("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID")
ROWS: tuple[tuple[Any, ...], ...] = (
    (536365, "85123A", 6, datetime(2010, 12, 1, 8, 26), 2.55, 17850.0),
    (536366, "22633", 1, datetime(2010, 12, 1, 8, 28), 1042.1, None),
    (536365, "71053", 3, datetime(2010, 12, 1, 8, 26), 0.29, 17850.0),
    ("C536379", "D", -1, datetime(2010, 12, 1, 9, 41), 27.5, 14527.0),
)
CSV = "\n".join(",".join(text_of(cell) for cell in row) for row in (NAMES, *ROWS))


def to_csv(path: Path) -> None:
    path.write_text(CSV)


def to_gzip(path: Path) -> None:
    path.write_bytes(gzip.compress(CSV.encode()))


def to_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/", "")
        archive.writestr("folder/invoices.csv", CSV)


def to_excel(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(NAMES)
    for row in ROWS:
        sheet.append(row)
    sheet.cell(row=2, column=12).font = openpyxl.styles.Font(bold=True)  # a cell beside the table, only formatted
    book.create_sheet("notes").append(["not read"])
    book.save(path)


KINDS = (
    DataType.string(),
    DataType.string(),
    DataType.int32(),
    DataType.int64(),
    DataType.float32(),
    DataType.float64(),
)


def to_parquet(path: Path) -> None:
    columns = [list(column) for column in zip(*ROWS, strict=True)]
    columns[0] = [str(invoice) for invoice in columns[0]]
    columns[3] = [int(moment.replace(tzinfo=UTC).timestamp()) * 1_000_000 for moment in columns[3]]
    arrays = [Array(column, type=kind) for column, kind in zip(columns, KINDS, strict=True)]
    arrays[3] = arrays[3].cast(DataType.timestamp("us"))
    write_parquet(RecordBatch.from_arrays(arrays, names=list(NAMES)), str(path))


WRITERS = {".csv": to_csv, ".csv.gz": to_gzip, ".zip": to_zip, ".xlsx": to_excel, ".parquet": to_parquet}


def events(path: Path, mapping: Mapping = RETAIL) -> list[Event]:
    done = imported(table(path, mapping), mapping)
    assert done.rejected == []
    return done.events


@pytest.mark.parametrize("suffix", sorted(WRITERS))
def test_whatever_the_form_of_the_table_the_events_are_the_same(tmp_path: Path, suffix: str) -> None:
    plain, other = tmp_path / "plain.csv", tmp_path / f"table{suffix}"
    to_csv(plain)
    WRITERS[suffix](other)
    assert events(other) == events(plain)
    lines = events(plain)[0]["data"]["lines"]
    assert [line["gross_minor"] for line in lines] == [1530, 87]


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_money_that_became_a_float_is_read_as_it_was_written(amount: Decimal) -> None:
    assert Decimal(text_of(float(amount))) == amount


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (17850.0, "17850"),
        (12.9, "12.9"),
        (Decimal("12.90"), "12.90"),
        (True, "true"),
        (date(2024, 5, 1), "2024-05-01"),
        (datetime(2024, 5, 1, 9, 58, 12), "2024-05-01 09:58:12"),
        (datetime(2024, 5, 1, 9, 58, tzinfo=UTC), "2024-05-01 09:58:00+00:00"),
        ("0012", "0012"),
    ],
)
def test_a_typed_cell_is_the_text_that_a_csv_would_hold(value: object, text: str) -> None:
    assert text_of(value) == text


def test_what_parquet_has_types_for_is_exact(tmp_path: Path) -> None:
    path = tmp_path / "types.parquet"
    columns = {
        "decimal": Array(["12.90", None], type=DataType.string()).cast(DataType.decimal128(12, 2)),
        "single": Array([12.9, 0.1], type=DataType.float32()),
        "double": Array([0.1, 1e15], type=DataType.float64()),
        "day": Array([19844, None], type=DataType.int32()).cast(DataType.date32()),
        "moment": Array([1714543092 * 10**9] * 2, type=DataType.int64()).cast(DataType.timestamp("ns", tz="UTC")),
    }
    write_parquet(RecordBatch.from_arrays(list(columns.values()), names=list(columns)), str(path))
    with path.open("rb") as file:
        rows = [tuple(cells) for _, cells in parquet_rows(file)]
    assert rows == [
        tuple(columns),
        ("12.90", "12.9", "0.1", "2024-05-01", "2024-05-01 05:58:12+00:00"),
        ("", "0.1", "1000000000000000", "", "2024-05-01 05:58:12+00:00"),
    ]


def write_nonsense(path: Path) -> None:
    path.write_bytes(b"no table at all")


def write_two(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.csv", CSV)
        archive.writestr("two.csv", CSV)


def write_half(path: Path) -> None:
    to_zip(path)
    path.write_bytes(path.read_bytes()[:-40])


def write_deadly(path: Path) -> None:
    """Of this damage the library ends the process that reads."""
    to_parquet(path)
    content = bytearray(path.read_bytes())
    content[72] = 255
    path.write_bytes(content)


def write_damaged(path: Path) -> None:
    to_parquet(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + b"\xff" * 200 + whole[204:])


def write_without(part: str) -> Callable[[Path], None]:
    """An Excel file of which a part is no XML."""

    def write(path: Path) -> None:
        to_excel(path)
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        parts[part] = parts[part][:-20]
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, content)

    return write


@pytest.mark.parametrize(
    ("suffix", "write", "told"),
    [
        (".xlsx", write_without("xl/workbook.xml"), "is damaged"),
        (".xlsx", write_without("xl/styles.xml"), "is damaged"),
        (".xlsx", write_without("xl/worksheets/sheet1.xml"), "is damaged"),
        (".xlsx", write_nonsense, "is no Excel file - save it as .xlsx"),
        (".parquet", write_nonsense, "is no whole Parquet file"),
        (".parquet", write_damaged, "is damaged"),
        (".parquet", write_deadly, "is damaged"),
        (".zip", write_nonsense, "cannot be read"),
        (".zip", write_half, "cannot be read"),
        (".zip", write_two, "holds 2 files - unpack it"),
        (".csv.gz", write_nonsense, "cannot be read"),
        (".csv", write_nonsense, "has no column"),
        (".csv", Path.touch, "has no column"),
    ],
)
def test_a_file_that_is_not_what_it_is_called_says_what_to_do(
    tmp_path: Path, suffix: str, write: Callable[[Path], None], told: str
) -> None:
    path = tmp_path / f"table{suffix}"
    write(path)
    with pytest.raises(ConfigurationError, match=told):
        list(table(path, RETAIL))


@pytest.mark.parametrize("suffix", sorted(WRITERS))
def test_where_the_file_stands_at_the_end_is_its_end(tmp_path: Path, suffix: str) -> None:
    """Progress and the time left are told by it."""
    path = tmp_path / f"table{suffix}"
    WRITERS[suffix](path)
    with path.open("rb") as file:
        assert len(list(read_table(file, RETAIL))) == len(ROWS)
        assert 0 < file.tell() <= path.stat().st_size
