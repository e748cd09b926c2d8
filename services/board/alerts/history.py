"""Who changed an alert, as people look at it. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from babel.numbers import get_decimal_symbol

from services.board.told import Answer

NUMBERS = ("below", "above", "clear", "least")
"""Fields that are written with a decimal point."""


class Line(NamedTuple):
    """A field that became another; None: it was, or is, not written. `field`: as the file of thresholds calls it."""

    time: datetime
    by: str
    field: str
    before: str | None
    after: str | None


def lines(history: Sequence[Answer], language: str) -> Iterator[Line]:
    """Each field of each change, in the order in which they are told."""
    for entry in history:
        before, after = entry["before"], entry["after"]
        for field in {**before, **after}:
            texts = [_text(field, fields.get(field), language) for fields in (before, after)]
            yield Line(datetime.fromisoformat(entry["time"]), entry["by"], field, *texts)


def _text(field: str, written: str | None, language: str) -> str | None:
    if written is None or field not in NUMBERS:
        return written
    return written.replace(".", str(get_decimal_symbol(language)))
