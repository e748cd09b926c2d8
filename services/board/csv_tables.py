"""Tables for spreadsheets and programs: the read API's rows as they are, a field a column, named as the API names them.

Numbers are written plainly, with a dot, and days as ISO says, whatever the language of the page. A byte order mark is
first: without it, spreadsheets take UTF-8 for something else, and Chloé is no longer Chloé. Pure.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

from services.board.told import Answer

BYTE_ORDER_MARK = "\ufeff"
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A spreadsheet would run a name that begins so. Source: OWASP, "CSV Injection"."""

OF_ROWS = ("kpi", "unit", "window.name", "window.from", "window.to", "window.zone", "as_of")
OF_A_ROW = (
    "label",
    "value",
    "n",
    "numerator",
    "denominator",
    "interval.low",
    "interval.high",
    "interval.margin",
    "compared.value",
    "compared.previous",
    "compared.until",
    "target",
    "pace",
    "attainment",
    "elapsed",
    "projection",
    "required",
    "gap",
    "flags",
)
OF_SERIES = ("kpi", "unit", "step", "rolling", "as_of")
OF_A_POINT = ("at", "value", "n", "interval.low", "interval.high", "interval.margin", "flags")


def rows_table(answer: Answer) -> str:
    """Rows of a KPI over a window."""
    about = {name: answer[name] for name in ("kpi", "unit", "window", "as_of")}
    return _table([{**about, **row} for row in answer["rows"]], (*OF_ROWS, *_by(answer)), OF_A_ROW)


def series_table(answer: Answer) -> str:
    """The points of a KPI's series."""
    about = {name: answer[name] for name in OF_SERIES}
    rows = [{**about, "by": row["by"], **point} for row in answer["rows"] for point in row["points"]]
    return _table(rows, (*OF_SERIES, *_by(answer)), OF_A_POINT)


def _by(answer: Answer) -> list[str]:
    return [f"by.{field}" for field in answer["rows"][0]["by"]] if answer["rows"] else []


def _table(rows: Sequence[Mapping[str, Any]], first: Sequence[str], usual: Sequence[str]) -> str:
    """Columns that are always there, and after them whatever else rows have."""
    flat = [dict(_leaves(row)) for row in rows]
    further = dict.fromkeys(name for cells in flat for name in cells)
    columns = dict.fromkeys((*first, *usual, *further))
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_written(cells.get(name)) for name in columns] for cells in flat)
    return BYTE_ORDER_MARK + out.getvalue()


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, object]]:
    """Fields within fields, as `compared.value`, of which anything is known; no lists of more than words."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        if all(isinstance(each, str) for each in value):
            yield path, " ".join(value)
    elif value is not None:
        yield path, value


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return guarded(value) if isinstance(value, str) else repr(value)


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula: behind an apostrophe where it begins like one."""
    return f"'{text}" if text.startswith(BEGINS_A_FORMULA) else text
