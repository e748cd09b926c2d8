"""Words that say whether tax is in an amount."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from services.pricing_watch.reading.price_text import CELL

_TAX = r"(?:mwst|mehrwertsteuer|ust|umsatzsteuer|vat|tax(?:es)?|gst|btw|tva|iva|moms|mva|taxes|imp(?:uestos|osta))"
_WITHOUT_TAX = re.compile(
    rf"(?<!\w)(?:h\.?t\.?|hors[ -]?(?:taxes?|tva)|netto|net price|(?:zzgl|zuzügl(?:ich)?|exkl|excl|exc|ex|ohne|"
    rf"plus|sans|sin|bez|\+|exclusief|"
    rf"exclus(?:ive|ding)?(?: of)?|exclud(?:e|es|ing)|excluent|without|before)\.?\s*"
    rf"(?:der |of |la |ges(?:etzl)?\.?\s*|\d+\s?%\s*)*{_TAX}|"
    rf"{_TAX}\s*(?:esclusa|escl\.?|no incluid[oa]|non compresa|excluded|exclue)|"
    rf"税抜(?:価格|き)?|税別|本体(?:価格)?|htva|"
    rf"外税)(?!\w)",
    re.IGNORECASE,
)
_WITH_TAX = re.compile(
    rf"(?<!\w)(?:t\.?t\.?c\.?|tvac|toutes taxes comprises|brutto|(?:inkl|incl|inc|inklusive|includ(?:e|es|ing)|"
    rf"incluent|comprennent|"
    rf"inclusive(?: of)?|inclusief|mit|avec|con|z)\.?\s*"
    rf"(?:der |of |all |la |ges(?:etzl)?\.?\s*|\d+\s?%\s*)*{_TAX}|{_TAX}(?:\s+(?:e|et|und|and)\s+\w+)?\s*(?:"
    rf"inclusa|incl\.?|incluid[oa]|compresa|"
    rf"included|comprises?|incluses?|inkl\.?)|"
    r"税込(?:価格|み)?|内税)(?!\w)",
    re.IGNORECASE,
)


def tax_told(text: str) -> bool | None:
    """Whether words say that tax is in an amount; none where they say nothing, or both."""
    with_tax, without_tax = bool(_WITH_TAX.search(text)), bool(_WITHOUT_TAX.search(text))
    return with_tax if with_tax != without_tax else None


def without_tax_words(text: str) -> str:
    """A text without what it says of tax."""
    return _WITHOUT_TAX.sub(" ", _WITH_TAX.sub(" ", text))


_ALL_PRICES = re.compile(
    r"(?<!\w)(?:(?:all|alle|tous|toutes|tutti|todos|alla|wszystkie)\b.{0,30}\b)?"
    r"(?:prices|pricing|preise|prix|tarifs|prezzi|precios|prijzen|priser|ceny)\b(?!\s*[:0-9]).{0,60}",
    re.IGNORECASE,
)
"""What is said of all prices of a page, in its footer or its title."""


def tax_of_all(texts: Iterable[str]) -> bool | None:
    """Whether a page says that tax is in all of its prices; none where it says nothing, or both."""
    told = {tax_told(match[0]) for text in texts for match in _ALL_PRICES.finditer(text[:1000])} - {None}
    return told.pop() if len(told) == 1 else None


def taxes_told(texts: Sequence[str]) -> list[bool | None]:
    """The same of each amount of a line. `texts`: those before, between and after its amounts.

    Words stand before each amount, `HT: 10 € TTC: 12 €`, or after it, `10 € HT, 12 € TTC`, or in brackets with it,
    `10 € (TTC 12 €)`.
    """
    if len(texts) == 2:
        return [tax_told(" ".join(texts))]
    if tax_told(texts[0]) is not None:
        return [tax_told(text) for text in texts[:-1]]
    result: list[bool | None] = []
    for before, after in pairwise(texts):
        outside, _ = _at_open_bracket(after)
        _, inside = _at_open_bracket(before)
        told = tax_told(outside)
        result.append(tax_told(inside) if told is None else told)
    return result


def taxes_of_columns(head: str, row: str, starts: Sequence[int]) -> list[bool | None]:
    """The same of amounts in a row of a table, by the heads of their columns: `HT` above `10 €`, `TTC` above `12 €`."""
    heads, shift = head.split(CELL), head.count(CELL) - row.count(CELL)
    columns = [row.count(CELL, 0, start) + shift for start in starts]
    return [tax_told(heads[column]) if len(heads) > 1 and column >= 0 else None for column in columns]


def tells_both(texts: Iterable[str]) -> bool:
    """Do these texts speak of prices with tax as well as of prices without?"""
    found = [(bool(_WITH_TAX.search(text)), bool(_WITHOUT_TAX.search(text))) for text in texts]
    return any(with_tax for with_tax, _ in found) and any(without_tax for _, without_tax in found)


def _at_open_bracket(text: str) -> tuple[str, str]:
    """What stands before the last bracket that stays open, and what stands in it."""
    position = max(text.rfind("("), text.rfind("（"))
    is_open = position > max(text.rfind(")"), text.rfind("）"))
    return (text[:position], text[position + 1 :]) if is_open else (text, "")
