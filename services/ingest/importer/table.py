"""Reading a CSV file, gzipped or not, with its line numbers."""

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from services.common.errors import ConfigurationError
from services.ingest.importer.build import Numbered, Rejected
from services.ingest.importer.mapping import Mapping


def read_table(path: Path, mapping: Mapping) -> Iterator[Numbered | Rejected]:
    """The rows of a file; one that has not as many fields as the header is rejected.

    :raises ConfigurationError: when the file cannot be read, or lacks a column that the mapping names.
    """
    try:
        with _opened(path, mapping.csv.encoding) as file:
            reader = csv.DictReader(file, delimiter=mapping.csv.delimiter, strict=True)
            _check_columns(path, reader.fieldnames or [], mapping)
            for row in reader:
                yield _row(reader.line_num, row, len(reader.fieldnames or ()), mapping)
    except LookupError:
        raise ConfigurationError(
            f"no encoding is called {mapping.csv.encoding!r}", field="csv.encoding", mend="try utf-8 or latin-1"
        ) from None
    except EOFError:
        raise ConfigurationError(f"{path} ends in the middle", mend="copy or compress it again") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        mend = "set `csv.encoding`, for example latin-1"
        raise ConfigurationError(f"{path} is not written in {mapping.csv.encoding}: {error}", mend=mend) from None
    except csv.Error as error:
        raise ConfigurationError(f"{path} is no CSV: {error}", mend="look at `csv.delimiter`") from None


def _row(line: int, row: dict[str | None, Any], columns: int, mapping: Mapping) -> Numbered | Rejected:
    if None in row or None in row.values():
        fields = columns - sum(value is None for value in row.values()) + len(row.get(None) or ())
        hint = f"quote a field that holds {mapping.csv.delimiter!r}, or look at `csv.delimiter`"
        return Rejected(line, f"has {fields} fields, the header has {columns} - {hint}")
    return Numbered(line, {str(name): value for name, value in row.items()})


def _opened(path: Path, encoding: str) -> io.TextIOBase:
    opened = gzip.open if path.suffix == ".gz" else open
    return opened(path, "rt", encoding=encoding, newline="")


def _check_columns(path: Path, names: Sequence[str], mapping: Mapping) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationError(f"{path.name} has two columns {', '.join(twice)}", mend="give each a name of its own")
    missing = sorted(mapping.columns() - set(names))
    if missing:
        have = ", ".join(names) or "none"
        mend = f"the file has {have}: mend the mapping, or `csv.delimiter`"
        raise ConfigurationError(f"{path.name} has no column {', '.join(missing)}", mend=mend)
