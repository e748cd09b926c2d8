"""A Parquet file, part by part."""

import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from typing import Any

from arro3.core import Array, DataType
from arro3.io import read_parquet

from services.common.errors import ConfigurationError
from services.ingest.importer.typed import text_of

MARK = b"PAR1"
READ = "import sys; from arro3.io import read_parquet; any(False for _ in read_parquet(sys.argv[1]))"
SLOWEST = 1_000_000
"""Bytes that are read in a second at least."""
FLOAT_DIGITS = range(6, 10)
"""That a float of 32 bits can need."""


def parquet_rows(file: BufferedReader) -> Iterator[tuple[int, Sequence[str]]]:
    """Lines and their cells, the names first; the first row is line 2, as in a CSV of the same table.

    :raises ConfigurationError: when it is no Parquet file.
    """
    _require_marks(file)
    _require_whole(file)
    with _damage_told(file):
        reader = read_parquet(file)
        yield 1, reader.schema.names
        line = 1
        for part in reader:
            for cells in zip(*map(_texts, part.columns), strict=True):
                line += 1
                yield line, cells


def _require_marks(file: BufferedReader) -> None:
    """A Parquet file begins and ends with its mark; the end is lost first."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - len(MARK)))
    end = file.read()
    file.seek(0)
    if end != MARK or file.read(len(MARK)) != MARK:
        raise ConfigurationError(f"{file.name} is no whole Parquet file", mend="copy or write it again")


def _require_whole(file: BufferedReader) -> None:
    """Have it read once in a process of its own: of some damage the library ends the process that reads, or hangs."""
    patience = 30 + os.fstat(file.fileno()).st_size / SLOWEST
    try:
        read = subprocess.run(
            [sys.executable, "-c", READ, file.name], capture_output=True, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired:
        ended = True
    else:
        ended = read.returncode < 0  # what it refuses by itself is told when its rows are read
    if ended:
        raise ConfigurationError(f"{file.name} is damaged: it cannot be read to its end", mend="copy or write it again")


@contextmanager
def _damage_told(file: BufferedReader) -> Iterator[None]:
    """Of what is wrong within a file the library tells by bare exceptions, or panics, which is no `Exception`."""
    try:
        yield
    except BaseException as error:
        if type(error) is not Exception and type(error).__name__ != "PanicException":
            raise
        raise ConfigurationError(f"{file.name} is damaged: {error}", mend="copy or write it again") from None


def _texts(column: Array) -> list[str]:
    text: Callable[[Any], str] = _single if column.type == DataType.float32() else text_of
    return [text(value) for value in column.to_pylist()]


def _single(value: float | None) -> str:
    """The shortest text of a float of 32 bits: as one of 64 bits 12.9 would read 12.899999618530273."""
    if value is None:
        return ""
    texts = (f"{value:.{digits}g}" for digits in FLOAT_DIGITS)
    return next((text for text in texts if struct.pack("f", float(text)) == struct.pack("f", value)), text_of(value))
