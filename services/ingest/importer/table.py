"""Tables of any form as rows of text: CSV here, gzipped or zipped too; Excel and Parquet beside.

A reader gives the names of the columns first, then every row with its line. All read the file from its beginning to its
end and keep no more than a part of it, so that where the file stands tells how far they are.
"""

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import IO

from services.common.csv_rows import named_twice
from services.common.errors import ConfigurationError
from services.ingest.importer.build import Numbered, Rejected
from services.ingest.importer.mapping import CsvFormat, Mapping

Bytes = io.BufferedReader | gzip.GzipFile | IO[bytes]
Rows = Iterator[tuple[int, Sequence[str]]]
"""Lines and their cells; the first holds the names."""

LONGEST_CELL = 1 << 20


def read_table(file: io.BufferedReader, mapping: Mapping) -> Iterator[Numbered | Rejected]:
    """The rows of a file, with the cells that the mapping names; one that has not as many as the header is rejected.

    :raises ConfigurationError: when the file cannot be read, or lacks a column that the mapping names.
    """
    path = Path(file.name)
    try:
        yield from _chosen(_rows(file, mapping.csv), path.name, mapping)
    except EOFError:
        raise ConfigurationError(f"{path} ends in the middle", mend="copy or compress it again") from None
    except (OSError, zlib.error, zipfile.BadZipFile) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise ConfigurationError(f"{path} cannot be read: {reason or error}", mend="copy it again") from None
    except UnicodeDecodeError as error:
        mend = "set `csv.encoding`, for example latin-1"
        raise ConfigurationError(f"{path} is not written in {mapping.csv.encoding}: {error}", mend=mend) from None
    except csv.Error as error:
        raise ConfigurationError(f"{path} is no CSV: {error}", mend="look at `csv.delimiter`") from None


def _rows(file: io.BufferedReader, form: CsvFormat) -> Rows:
    """Libraries are loaded when there is a file for them: that takes longer than most commands of `cadran` run."""
    match Path(file.name).suffix.lower():
        case ".xlsx":
            from services.ingest.importer.excel import excel_rows

            return excel_rows(file)
        case ".parquet":
            from services.ingest.importer.parquet import parquet_rows

            return parquet_rows(file)
        case ".xls" | ".xlsb" | ".ods" | ".numbers" as other:
            raise ConfigurationError(f"{other} is not read", mend="save it as .xlsx, or as CSV")
        case _:
            return _csv_rows(file, form)


def _chosen(rows: Rows, name: str, mapping: Mapping) -> Iterator[Numbered | Rejected]:
    """Rows with the cells that the mapping names, in its order."""
    _, names = next(rows, (1, ()))
    _check_columns(name, names, mapping)
    width = len(names)
    first, *others = (names.index(column) for column in mapping.columns)
    cells = itemgetter(first, *others) if others else lambda row: (row[first],)
    for line, row in rows:
        if len(row) == width:
            yield Numbered(line, cells(row))
        elif row:
            hint = f"quote a field that holds {mapping.csv.delimiter!r}, or look at `csv.delimiter`"
            yield Rejected(line, f"has {len(row)} fields, the header has {width} - {hint}")


def _csv_rows(file: io.BufferedReader, form: CsvFormat) -> Rows:
    csv.field_size_limit(LONGEST_CELL)
    text = _text(_unpacked(file), form.encoding)
    try:
        reader = csv.reader(text, delimiter=form.delimiter, strict=True)
        for row in reader:
            yield reader.line_num, row
    finally:
        if not file.closed:
            text.detach()  # whoever opened the file closes it


def _text(file: Bytes, encoding: str) -> io.TextIOWrapper:
    try:
        return io.TextIOWrapper(file, encoding=encoding, newline="")
    except LookupError:
        mend = "try utf-8 or latin-1"
        raise ConfigurationError(f"no encoding is called {encoding!r}", field="csv.encoding", mend=mend) from None


def _unpacked(file: io.BufferedReader) -> Bytes:
    match Path(file.name).suffix.lower():
        case ".gz":
            return gzip.GzipFile(fileobj=file)
        case ".zip":
            return _only_member(zipfile.ZipFile(file))
        case _:
            return file


def _only_member(archive: zipfile.ZipFile) -> IO[bytes]:
    names = [name for name in archive.namelist() if not name.endswith("/")]
    if len(names) != 1:
        raise ConfigurationError(
            f"{archive.filename} holds {len(names)} files", mend="unpack it, and import one by one"
        )
    return archive.open(names[0])


def _check_columns(name: str, names: Sequence[str], mapping: Mapping) -> None:
    missing = sorted(set(mapping.columns) - set(names))
    if twice := named_twice(names):
        raise ConfigurationError(f"{name} has two columns {', '.join(twice)}", mend="give each a name of its own")
    if missing:
        have = ", ".join(names) or "none"
        mend = f"the file has {have}: mend the mapping, or `csv.delimiter`"
        raise ConfigurationError(f"{name} has no column {', '.join(missing)}", mend=mend)
