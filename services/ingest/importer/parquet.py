"""A Parquet file, part by part."""

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

from arro3.core import Array, DataType
from arro3.io import read_parquet

from services.common.errors import ConfigurationError
from services.ingest.importer.typed import text_of

FLOAT_DIGITS = range(6, 10)
"""That a float of 32 bits can need."""


def parquet_rows(file: BinaryIO) -> Iterator[tuple[int, Sequence[str]]]:
    """Lines and their cells, the names first; the first row is line 2, as in a CSV of the same table.

    :raises ConfigurationError: when it is no Parquet file.
    """
    try:
        reader = read_parquet(file)
    except Exception as error:  # the library has no errors of its own
        raise ConfigurationError(f"{file.name} is no Parquet file: {error}", mend="write it again") from None
    yield 1, reader.schema.names
    line = 1
    for part in reader:
        for cells in zip(*map(_texts, part.columns), strict=True):
            line += 1
            yield line, cells


def _texts(column: Array) -> list[str]:
    text: Callable[[Any], str] = _single if column.type == DataType.float32() else text_of
    return [text(value) for value in column.to_pylist()]


def _single(value: float | None) -> str:
    """The shortest text of a float of 32 bits: as one of 64 bits 12.9 would read 12.899999618530273."""
    if value is None:
        return ""
    texts = (f"{value:.{digits}g}" for digits in FLOAT_DIGITS)
    return next((text for text in texts if struct.pack("f", float(text)) == struct.pack("f", value)), text_of(value))
