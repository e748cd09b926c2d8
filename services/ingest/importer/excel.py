"""The first sheet of an Excel file, row by row."""

from collections.abc import Iterator, Sequence
from io import BufferedReader
from typing import Any
from zipfile import BadZipFile

import openpyxl

from services.common.errors import ConfigurationError
from services.ingest.importer.typed import text_of


def excel_rows(file: BufferedReader) -> Iterator[tuple[int, Sequence[str]]]:
    """Lines and their cells, the header first. A formula gives what Excel last worked out; a line without cells, none.

    :raises ConfigurationError: when it is no Excel file, or a damaged one.
    """
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except (BadZipFile, KeyError, ValueError):
        mend = "save it as .xlsx: the older .xls is not read"
        raise ConfigurationError(f"{file.name} is no Excel file", mend=mend) from None
    except Exception as error:
        raise _damaged(file, error) from None
    if not book.worksheets:
        raise ConfigurationError(f"{file.name} has no sheet of cells", mend="put the table on a sheet of its own")
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # some programs write wrong ones
    width = 0
    for line, cells in enumerate(_cells(sheet, file), start=1):
        row = [text_of(cell) for cell in cells]
        if not width:
            row = _without_empty_end(row)
            width = len(row)
            yield line, row
        elif any(row):
            yield line, [*row, *[""] * (width - len(row))] if len(row) < width else row[:width]


def _cells(sheet: Any, file: BufferedReader) -> Iterator[Sequence[object]]:
    rows = iter(sheet.iter_rows(values_only=True))
    while True:
        try:
            cells = next(rows, None)
        except Exception as error:
            raise _damaged(file, error) from None
        if cells is None:
            return
        yield cells


def _damaged(file: BufferedReader, error: Exception) -> ConfigurationError:
    """The library tells what is wrong within a file by whatever exception it runs into."""
    return ConfigurationError(f"{file.name} is damaged: {error}", mend="open it, and save it again as .xlsx")


def _without_empty_end(names: list[str]) -> list[str]:
    """A header without cells that were only formatted."""
    while names and not names[-1]:
        names.pop()
    return names
