"""Cells that have a type, as the text that a CSV of the same table would hold."""

from typing import Any


def text_of(value: Any) -> str:
    """A number as it is written, whole ones without decimals; a time as ISO 8601; nothing as an empty cell.

    A float's shortest text is what it was made from: 12.9, not 12.9000000000000003553.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case _:
            return str(value)
