"""The amounts that a visitor sees on a page, and what each of them is.

Every amount is told from list prices, prices per unit, instalments, delivery, savings, deposits, prices for members and
for several: by the words around it, and by the tags and classes of where it stands. An amount in the middle of a
sentence is none of the product's prices, unless words right before it say so.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest

import msgspec
from lxml import etree

from services.pricing_watch.reading.landmarks import upwards
from services.pricing_watch.reading.lines import Line, Part, Run
from services.pricing_watch.reading.meaning import Meaning
from services.pricing_watch.reading.number_style import NumberStyle
from services.pricing_watch.reading.price_text import (
    ADDITION,
    CELL,
    JOINT,
    NEGATIVE,
    RANGE,
    Amount,
    Price,
    amounts,
    out_of_place,
    price_of,
    word_before,
)
from services.pricing_watch.reading.tax_rates import may_be_gross
from services.pricing_watch.reading.tax_words import taxes_of_columns, taxes_told
from services.pricing_watch.reading.tiers import names_quantity, tiers
from services.pricing_watch.reading.words import (
    announces_list_price,
    announces_price,
    meaning_of,
    unit_told,
    word_count,
)

MAX_AMOUNTS = 2_000
LABEL = 40
"""Characters of a line without an amount that may be about the amount on the next or the previous line."""
REACH = 2_000
"""Characters on either side of an amount that may be its sentence: a line may be a whole page."""
SENTENCE, LONG_SENTENCE = 5, 8
"""Words before an amount from which on it stands in a sentence; the same where an element sets it apart."""
NEAR = 5
"""Lines between which prices stand beside one another."""
LEAST = 5
"""A list price is at most this many times the price."""
_PRICE_CLASS = re.compile(r"price|prix|preis|precio|prezzo|prijs|cena|betrag|montant|amount", re.IGNORECASE)
_TO_PAY = re.compile(r"price-?to-?pay", re.IGNORECASE)
_CENTS = re.compile(r"[.,][0-9]{2}$")


class Seen(msgspec.Struct, frozen=True):
    """An amount that a visitor sees, with its currency, and what it is. `line`: the number of its line."""

    price: Price
    meaning: Meaning
    line: int
    element: etree._Element
    tax_included: bool | None
    text: str
    unit: str | None = None


def seen_amounts(lines: Sequence[Line], style: NumberStyle) -> list[Seen]:
    """Every amount of these lines that bears a sign of a currency, or stands where only a price does."""
    found: list[Seen] = []
    for number, line in enumerate(lines):
        if line.part is Part.BODY:
            found.extend(amounts_of_line(lines, number, style))
        if len(found) >= MAX_AMOUNTS:
            break
    return [_with_tax(one, found) for one in _settled([_restated(one, found) for one in _by_tier(lines, found)])]


def signed_currencies(lines: Sequence[Line], style: NumberStyle) -> set[str]:
    """The currencies whose signs visitors see beside amounts, in whatever part of the page."""
    signed = (one for line in lines[:MAX_AMOUNTS] for one in amounts(line.text) if one.signs)
    return {code for one in signed if (code := price_of(one, style).currency) is not None}


def amounts_of_line(lines: Sequence[Line], number: int, style: NumberStyle) -> Iterator[Seen]:
    """Those of one line, of whatever part of the page it is."""
    line = lines[number]
    if not any(char.isdigit() for char in line.text):
        return
    reader = _LineReader(line, number, style)
    if not reader.found:
        return
    found = list(reader.read(label_of(lines, number - 1), label_of(lines, number + 1)))
    for one, following in zip_longest(found, found[1:]):
        starts_range = following is not None and following.price.refused == RANGE
        is_end = one.meaning is Meaning.PRICE and (starts_range or one.price.refused == RANGE)
        yield msgspec.structs.replace(one, meaning=Meaning.STARTING) if is_end else one


class _LineReader:
    """One line being read."""

    def __init__(self, line: Line, number: int, style: NumberStyle) -> None:
        self._line = line
        self._number = number
        self._style = style
        every = list(islice(amounts(line.text), MAX_AMOUNTS))
        signed = [amount for amount in every if amount.signs]
        self._is_signed = bool(signed)
        self.found = [one for one in every if one.signs or self._is_bare_price(one, every)]
        codes = {price_of(amount, style).currency for amount in signed} - {None}
        self._currency = codes.pop() if len(codes) == 1 else style.stated

    def read(self, label: str, note: str) -> Iterator[Seen]:
        text, found = self._line.text, self.found
        ends = [0, *(amount.end for amount in found)]
        starts = [*(amount.start for amount in found), len(text)]
        between = [text[start:end] for start, end in zip(ends, starts, strict=True)]
        taxes = taxes_told([*between[:-1], between[-1] if between[-1].strip() else note])
        if not any(told is not None for told in taxes):
            taxes = taxes_of_columns(label, text, [amount.start for amount in found])
        last: Seen | None = None
        for position, amount in enumerate(found):
            before, after = between[position], between[position + 1]
            is_last = position + 1 == len(found)
            run = self._line.run_at(self._number_start(amount))
            words = before if position or before.strip() else f"{label} {before}"
            meaning = self._meaning(
                amount, run, words, after if after.strip() else note, is_last=is_last and bool(after.strip())
            )
            price = price_of(amount, self._style, None if amount.signs else self._currency, word_before(before))
            problem = self._problem(amount, last, found[position - 1] if position else None)
            problem = problem or _torn(label, text, amount.start)
            if problem:
                price = Price(refused=problem)
                meaning = Meaning.SAVING if problem in {NEGATIVE, ADDITION} and meaning is Meaning.PRICE else meaning
            unit = unit_told(after if after.strip() else note) if meaning is Meaning.UNIT_PRICE else None
            shown = text[max(0, amount.start - 20) : amount.end + 20].strip()
            last = Seen(price, meaning, self._number, run.element, taxes[position], shown, unit)
            yield last

    def _problem(self, amount: Amount, last: Seen | None, previous: Amount | None) -> str | None:
        is_whole = previous is not None and bool(
            previous.cents or previous.is_marked or (previous.signs and _CENTS.search(previous.number))
        )
        since = previous.end if previous is not None and is_whole else 0
        problem = out_of_place(self._line.text, amount, since)
        if problem and last is not None and previous is not None and last.meaning is Meaning.LIST_PRICE:
            between = self._line.text[previous.end : amount.start].strip(f" {JOINT}")
            return None if between.isalpha() else problem
        return problem

    def _meaning(self, amount: Amount, run: Run, before: str, after: str, *, is_last: bool) -> Meaning:
        told = meaning_of(before, after, is_last=is_last)
        if run.meaning is Meaning.SEVERAL and announces_price(before):
            return told
        if run.meaning is not None:
            return run.meaning
        if told is Meaning.SAVING and _TO_PAY.search(names_around(run.element)):
            return Meaning.PRICE
        return Meaning.PROSE if told is Meaning.PRICE and self._is_in_sentence(amount, run, before) else told

    def _is_in_sentence(self, amount: Amount, run: Run, before: str) -> bool:
        if announces_price(before) or _PRICE_CLASS.search(own_names(run.element)):
            return False
        text = self._line.text
        ahead = word_count(text[max(0, amount.start - REACH) : amount.start])
        behind = word_count(text[amount.end : amount.end + REACH])
        is_set_apart = word_count(self._line.text_of(run)) < 2
        if is_set_apart:
            return ahead >= LONG_SENTENCE and CELL not in text[: amount.start]
        return ahead >= SENTENCE or (ahead > 0 and ahead + behind > LONG_SENTENCE)

    def _is_bare_price(self, amount: Amount, every: Sequence[Amount]) -> bool:
        """An amount without a sign: beside one with a sign only a list price; else as prices are written or called.

        Style sheets put signs beside amounts too.
        """
        has_cents = bool(amount.cents) or bool(_CENTS.search(amount.number))
        if not (has_cents or amount.is_marked):
            return False
        if not self._is_signed and self._style.stated is None:
            return False
        previous = max((one.end for one in every if one.end <= amount.start), default=0)
        run = self._line.run_at(self._number_start(amount))
        before = self._line.text[previous : amount.start]
        if run.meaning is Meaning.LIST_PRICE or announces_list_price(before):
            return True
        if self._is_signed or unit_told(f"/{self._line.text[amount.end :].lstrip()}"):
            return False
        return amount.is_marked or is_called_price(run.element)

    def _number_start(self, amount: Amount) -> int:
        return amount.start + max(0, self._line.text[amount.start : amount.end].find(amount.number))


def _settled(found: list[Seen]) -> list[Seen]:
    """With those told that are something else only beside another price, and the price where there is none."""
    prices = [one for one in found if one.meaning is Meaning.PRICE and one.price.minor is not None]
    return [
        msgspec.structs.replace(one, meaning=_meaning_beside(one, prices)) if one.meaning in _BESIDE else one
        for one in found
    ]


_BESIDE = {Meaning.REGULAR: Meaning.LIST_PRICE, Meaning.PIECE: Meaning.UNIT_PRICE}


def _meaning_beside(one: Seen, prices: list[Seen]) -> Meaning:
    """A regular price is a list price beside a lower one, that of a piece a unit price beside a higher one."""
    near = [
        other.price.minor or 0
        for other in prices
        if other.price.currency == one.price.currency and abs(other.line - one.line) <= NEAR
    ]
    amount = one.price.minor or 0
    is_beside = (
        any(amount > other >= amount / LEAST for other in near)
        if one.meaning is Meaning.REGULAR
        else any(other > amount for other in near)
    )
    return _BESIDE[one.meaning] if is_beside else Meaning.PRICE


def _by_tier(lines: Sequence[Line], found: list[Seen]) -> list[Seen]:
    """With the rows of a table of quantities told apart: the first is for one piece."""
    rows = tiers([line.text for line in lines])
    return [
        msgspec.structs.replace(one, meaning=Meaning.PRICE if rows[one.line] else Meaning.SEVERAL)
        if one.line in rows and one.meaning in {Meaning.PRICE, Meaning.SEVERAL, Meaning.STARTING}
        else one
        for one in found
    ]


def _restated(one: Seen, found: list[Seen]) -> Seen:
    """`That is 120 with tax` after 100 without is no sum of several, but the price."""
    if one.meaning is not Meaning.SEVERAL or not one.tax_included:
        return one
    nets = (other for other in found if other.tax_included is False and abs(other.line - one.line) <= 1)
    is_gross = any(may_be_gross(net.price, one.price) for net in nets if net.meaning is Meaning.PRICE)
    return msgspec.structs.replace(one, meaning=Meaning.PRICE) if is_gross else one


def _with_tax(one: Seen, found: list[Seen]) -> Seen:
    """An amount beside which the same with tax stands is without."""
    if one.tax_included is not None or one.meaning is not Meaning.PRICE:
        return one
    with_tax = [
        other
        for other in found
        if other.tax_included and other.meaning is Meaning.PRICE and abs(other.line - one.line) <= 1
    ]
    is_net = any(may_be_gross(one.price, other.price) for other in with_tax)
    return msgspec.structs.replace(one, tax_included=False) if is_net else one


def own_names(element: etree._Element) -> str:
    """The class, id and itemprop of an element."""
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}"


def names_around(element: etree._Element) -> str:
    """The same of an element and the two around it."""
    parent = element.getparent()
    grandparent = parent.getparent() if parent is not None else None
    return " ".join(own_names(one) for one in (element, parent, grandparent) if one is not None)


def is_called_price(element: etree._Element) -> bool:
    """Is an element, or one that it stands right in, called a price?"""
    return bool(_PRICE_CLASS.search(names_around(element)))


def label_of(lines: Sequence[Line], number: int) -> str:
    """A neighbouring line, where it is short and holds no amount itself. A name is no label: it may hold any word."""
    if not 0 <= number < len(lines):
        return ""
    text = lines[number].text
    if is_heading(lines[number].runs[0].element):
        return ""
    holds_amount = any(one.signs or one.is_marked or _CENTS.search(one.number) for one in amounts(text))
    return text if len(text) <= LABEL and not holds_amount else ""


def is_heading(element: etree._Element) -> bool:
    return any(up.tag == "h1" for up in islice(upwards(element), 3))


def _torn(label: str, text: str, start: int) -> str | None:
    """An amount at the start of a line whose previous one ends in a digit may be the end of that."""
    follows_digit = start == 0 and not names_quantity(label) and label[-1:].isdigit() and len(label) < 8
    if follows_digit and text[:2].isdigit() and not text[2:3].isdigit():
        return "may be the second half of an amount"
    return None
