"""Tables of prices by quantity: which of their rows is for one piece."""

import re
from collections.abc import Sequence

from services.pricing_watch.reading.price_text import CELL

MAX_HEAD = 30
"""Characters of the cell that names a quantity."""

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
    """The lines that are rows of such a table, by their number: is the price in it that of one piece?

    Two rows or more in a row make a table, where their least quantities rise.
    """
    found: dict[int, bool] = {}
    table: list[tuple[int, int]] = []
    for number, text in enumerate([*texts, ""]):
        least = _least(text, table)
        if least is not None:
            table.append((number, least))
            continue
        if len(table) > 1:
            found.update({line: quantity <= 1 for line, quantity in table})
        table = []
    return found


def _least(text: str, table: Sequence[tuple[int, int]]) -> int | None:
    """The least quantity that a row is for, where it is one that follows the rows before it."""
    head, is_row, _ = text.partition(CELL)
    if not is_row or len(head) > MAX_HEAD:
        return None
    head = head.strip(" :")
    last = table[-1][1] if table else 0
    if _TO.fullmatch(head):
        return last + 1
    match = _BETWEEN.fullmatch(head) or _FROM.fullmatch(head)
    least = int(next(group for group in match.groups() if group)) if match else 0
    return least if least > last else None
