"""Tables of prices by quantity: which of their rows is for one piece."""

import re
from collections.abc import Sequence

from services.pricing_watch.reading.price_text import CELL

MAX_HEAD = 30
"""Characters of the cell that names a quantity."""
MAX_ROW = 3
"""Lines that a row may take."""

_PIECES = (
    r"(?:\s?(?:stück|stk|st|pièces?|pieces?|pcs?|pezz[io]|pz|stuks?|units?|unités?|unidad(?:es)?|uds?|szt(?:uk\w*)?|"
    r"styck(?:en)?|ks|kpl|個))?\.?"
)
_BETWEEN = re.compile(rf"([0-9]+){_PIECES}\s?(?:-|–|—|à|a|bis|to|tot|till|do|al|til)\s?[0-9]+{_PIECES}", re.IGNORECASE)
_FROM = re.compile(
    rf"(?:ab|from|dès|à partir de|da|desde|a partir de|vanaf|från|fra|od|>=?|≥)\s?([0-9]+){_PIECES}"
    rf"|([0-9]+){_PIECES}\s?(?:\+|(?:or|oder|et|ou|o|of|eller|i|und|and|lub|e|y)\s(?:more|mehr|plus|più|más|meer|fler|"
    rf"flere|więcej|over|oltre|mais))",
    re.IGNORECASE,
)
_TO = re.compile(
    rf"(?:bis(?: zu)?|up to|jusqu['’]à|fino a|hasta|tot|t/m|do|max\.?|até)\s?([0-9]+){_PIECES}", re.IGNORECASE
)


def tiers(texts: Sequence[str]) -> dict[int, bool]:
    """The lines of the rows of such a table, by their number: is the price in them that of one piece?

    Two rows or more, of `MAX_ROW` lines at most each, make a table, where their least quantities rise.
    """
    found: dict[int, bool] = {}
    table: list[tuple[int, int]] = []
    for number, text in enumerate(texts):
        if table and number - table[-1][0] > MAX_ROW:
            found.update(_rows(table))
            table = []
        least = _least(text, table[-1][1] if table else 0)
        if least is not None:
            table.append((number, least))
    return found | _rows(table)


def names_quantity(text: str) -> bool:
    """Is a text nothing but a quantity: `1 - 9`, `from 10`, `up to 5 pcs`?"""
    return any(pattern.fullmatch(text) for pattern in (_TO, _BETWEEN, _FROM))


def _rows(table: Sequence[tuple[int, int]]) -> dict[int, bool]:
    if len(table) < 2:
        return {}
    ends = [*(number for number, _ in table[1:]), table[-1][0] + MAX_ROW]
    return {line: least <= 1 for (number, least), end in zip(table, ends, strict=True) for line in range(number, end)}


def _least(text: str, last: int) -> int | None:
    """The least quantity that a row is for, where it begins on this line and follows one from `last` on."""
    head = text.partition(CELL)[0][: MAX_HEAD + 1].strip(" :")
    if len(head) > MAX_HEAD:
        return None
    if _TO.fullmatch(head):
        return last + 1
    match = _BETWEEN.fullmatch(head) or _FROM.fullmatch(head)
    least = int(next(group for group in match.groups() if group)) if match else 0
    return least if least > last else None
