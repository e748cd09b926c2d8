"""Reading a CSV file, gzipped or not, with its line numbers."""

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from services.common.errors import ConfigurationError
from services.ingest.importer.build import Numbered
from services.ingest.importer.mapping import Mapping


def read_table(path: Path, mapping: Mapping) -> Iterator[Numbered]:
    """The rows of a file.

    :raises ConfigurationError: when the file cannot be read, or lacks a column that the mapping names.
    """
    try:
        with _opened(path, mapping.csv.encoding) as file:
            reader = csv.DictReader(file, delimiter=mapping.csv.delimiter, strict=True)
            _check_columns(path, reader.fieldnames or [], mapping)
            for row in reader:
                yield Numbered(reader.line_num, {name: value or "" for name, value in row.items() if name is not None})
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        mend = "set `csv.encoding`, for example latin-1"
        raise ConfigurationError(f"{path} is not written in {mapping.csv.encoding}: {error}", mend=mend) from None
    except csv.Error as error:
        raise ConfigurationError(f"{path} is no CSV: {error}", mend="look at `csv.delimiter`") from None


def _opened(path: Path, encoding: str) -> io.TextIOBase:
    opened = gzip.open if path.suffix == ".gz" else open
    return opened(path, "rt", encoding=encoding, newline="")


def _check_columns(path: Path, names: Sequence[str], mapping: Mapping) -> None:
    missing = sorted(mapping.columns() - set(names))
    if missing:
        have = ", ".join(names) or "none"
        mend = f"the file has {have}: mend the mapping, or `csv.delimiter`"
        raise ConfigurationError(f"{path.name} has no column {', '.join(missing)}", mend=mend)
