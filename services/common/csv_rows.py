"""The rows of a CSV file, with their line numbers. What a field must hold is for the service to say."""

import csv
import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from services.common.errors import ConfigurationError, Invalid, Malformed


class Row(NamedTuple):
    """A line that could be read; a cell that is empty is left out."""

    line: int
    fields: dict[str, str]


class Rejected(NamedTuple):
    """A line that was not taken, and why, with the mend."""

    line: int
    reason: str


def read_rows(path: Path, kind: type[msgspec.Struct]) -> Iterator[Row | Rejected]:
    """The lines of a file whose columns are fields of `kind`; the header is line 1.

    :raises ConfigurationError: when the file cannot be read.
    :raises Malformed: when it is no CSV, or has a column that is no field.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from rows_of(str(path), file, kind)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None


def rows_of(name: str, lines: Iterable[str], kind: type[msgspec.Struct]) -> Iterator[Row | Rejected]:
    """The lines of a table that is called `name` in errors.

    :raises Malformed: when it is no CSV, or has a column that is no field.
    """
    try:
        reader = csv.DictReader(lines, strict=True)
        _check_columns(name, reader.fieldnames or (), kind.__struct_fields__)
        for row in reader:
            yield _row(reader.line_num, row)
    except UnicodeDecodeError:
        raise Malformed(f"{name} is not written in UTF-8", mend="save it in UTF-8") from None
    except csv.Error as error:
        raise Malformed(f"{name} is no CSV: {error}", mend='separate with commas, quote with "') from None


def each_good(rows: Iterable[Row | Rejected]) -> list[Row]:
    """The lines of a table of which each must be good.

    :raises Invalid: naming the first line that is not.
    """
    good: list[Row] = []
    for row in rows:
        if isinstance(row, Rejected):
            raise Invalid(row.reason, field=f"line {row.line}", mend="mend the file; nothing was changed")
        good.append(row)
    return good


def named_twice(names: Iterable[str]) -> list[str]:
    """The columns of a header that are there more than once."""
    return sorted(name for name, times in Counter(names).items() if times > 1)


def _row(line: int, row: dict[str | None, str | None]) -> Row | Rejected:
    if None in row or None in row.values():
        return Rejected(line, "has not as many fields as the header - quote a field that holds a comma")
    return Row(line, {str(name): text.strip() for name, text in row.items() if text and text.strip()})


def _check_columns(table: str, names: Sequence[str], fields: Sequence[str]) -> None:
    if not names:
        raise Malformed(f"{table} is empty", mend=f"its first line names the columns: {', '.join(fields)}")
    if twice := named_twice(names):
        raise Malformed(f"{table} has two columns {', '.join(twice)}", mend="leave one out")
    for name in names:
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            mend = f"did you mean {near[0]}?" if near else f"leave it out; the columns are {', '.join(fields)}"
            raise Malformed(f"{table} has a column {name!r}", mend=mend)
