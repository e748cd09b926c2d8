"""The last resort: the price that a visitor sees beside the product's name and the button to buy it.

Every amount that is seen is told from list prices, prices per unit, instalments, delivery, savings, deposits, prices
for members and for several, and those of other products: by the words around it, and by the tags and classes of where
it stands. Only what is left counts, and only if it is one price.
"""

import re
from collections.abc import Iterator
from functools import cached_property

import msgspec
from lxml import etree

from services.common.money import to_major
from services.pricing_watch.reading.figures import figures
from services.pricing_watch.reading.landmarks import upwards
from services.pricing_watch.reading.lines import Line, Part
from services.pricing_watch.reading.number_style import NumberStyle
from services.pricing_watch.reading.placeholders import placeholder
from services.pricing_watch.reading.price_text import (
    ADDITION,
    CENTS,
    JOINT,
    MAX_TEXT,
    NEGATIVE,
    Amount,
    Price,
    amounts,
    out_of_place,
    price_of,
    word_before,
)
from services.pricing_watch.reading.stock import told_stock
from services.pricing_watch.reading.visible import Visible
from services.pricing_watch.reading.words import Meaning, meaning_of, tax_told
from services.pricing_watch.records import Candidate, Method, Stock

MAX_AMOUNTS = 2_000
NOTE = 120
"""Characters of a line that may tell whether the product can be had."""
LABEL = 40
"""Characters of a line without an amount that may be about the amount on the next or the previous line."""

_PRICE_CLASS = re.compile(r"price|prix|preis|precio|prezzo|prijs|cena|betrag|montant|amount", re.IGNORECASE)
_CENTS = re.compile(r"[.,][0-9]{2}$")
_CURRENT_CLASS = re.compile(
    r"current|sale|final|now|special|promo|actual|offer|discounted|reduced|your|active|ours|main|deal", re.IGNORECASE
)


class Seen(msgspec.Struct, frozen=True):
    """An amount that a visitor sees, with its currency, and what it is."""

    price: Price
    meaning: Meaning
    line: Line
    element: etree._Element
    tax_included: bool | None
    text: str
    unit: str | None = None


class VisibleText:
    """The amounts that are seen on a page."""

    def __init__(self, visible: Visible, style: NumberStyle) -> None:
        self._visible = visible
        self._style = style

    @cached_property
    def amounts(self) -> list[Seen]:
        """Every amount that bears a sign of a currency, but for those of other products and of the page's frame."""
        found: list[Seen] = []
        lines = self._visible.lines
        for number, line in enumerate(lines):
            if line.part is Part.BODY and any(char.isdigit() for char in line.text):
                before = _label(lines, number - 1)
                after = _label(lines, number + 1)
                found.extend(self._of_line(line, before, after))
            if len(found) >= MAX_AMOUNTS:
                break
        return found

    def shows(self, minor: int | None, currency: str | None) -> bool:
        """Is this amount seen as a price, outside of other products?"""
        return any(
            seen.price.minor == minor and seen.price.currency == currency and seen.meaning is Meaning.PRICE
            for seen in self.amounts
        )

    def mentions(self, minor: int | None, currency: str | None) -> bool:
        """Do an amount's digits stand anywhere outside of other products, with or without a sign?"""
        if minor is None or currency is None:
            return False
        whole, _, cents = f"{to_major(minor, currency):f}".partition(".")
        digits = r"[.,' ]?".join(whole)
        tail = (
            rf"(?:[.,{JOINT}{CENTS}€ ]{{1,3}}{cents})?"
            if not cents.strip("0")
            else rf"[.,{JOINT}{CENTS}€ ]{{1,3}}{cents}"
        )
        pattern = re.compile(rf"(?<![0-9.,]){digits}{tail}(?![0-9])")
        return any(pattern.search(line.text[:MAX_TEXT]) for line in self._visible.lines if line.part is Part.BODY)

    def meaning(self, minor: int | None, currency: str | None) -> Meaning | None:
        """What an amount is where it is seen; a price, where it is one of them. None where it is not seen."""
        meanings = [one.meaning for one in self.amounts if (one.price.minor, one.price.currency) == (minor, currency)]
        return Meaning.PRICE if Meaning.PRICE in meanings else next(iter(meanings), None)

    def _of_line(self, line: Line, label: str, note: str) -> Iterator[Seen]:
        text = line.text
        found = [amount for amount in amounts(text) if amount.signs or self._is_price_by_class(line, amount)]
        for position, amount in enumerate(found):
            start = found[position - 1].end if position else 0
            end = found[position + 1].start if position + 1 < len(found) else len(text)
            before, after = text[start : amount.start], text[amount.end : end]
            run = line.run_at(_number_start(line, amount))
            meaning = run.meaning or meaning_of(
                before if position or before.strip() else f"{label} {before}",
                after if after.strip() else note,
                is_last=bool(after.strip()) and position + 1 == len(found),
            )
            price = price_of(amount, self._style, None, word_before(before))
            problem = out_of_place(text, amount) or _torn(label, text, amount.start)
            if problem:
                price = Price(refused=problem)
                meaning = Meaning.SAVING if problem in {NEGATIVE, ADDITION} and meaning is Meaning.PRICE else meaning
            yield Seen(
                price=price,
                meaning=meaning,
                line=line,
                element=run.element,
                tax_included=tax_told(after if after.strip() else note)
                if len(found) > 1
                else tax_told(f"{text} {note}"),
                text=text[max(0, amount.start - 20) : amount.end + 20].strip(),
                unit=_unit(after if after.strip() else note) if meaning is Meaning.UNIT_PRICE else None,
            )

    def _is_price_by_class(self, line: Line, amount: Amount) -> bool:
        """An amount with cents, without a sign, in what is called a price, on a page that states its currency.

        Style sheets put signs beside amounts too.
        """
        has_cents = bool(amount.cents) or bool(_CENTS.search(amount.number))
        element = line.run_at(_number_start(line, amount)).element
        return has_cents and self._style.stated is not None and bool(_PRICE_CLASS.search(_names(element)))

    def candidates(self, headline: str | None, stock: Stock | None) -> list[Candidate]:
        """The price of the page's main block, if one stands out; else why not."""
        main = self._main()
        if main is None:
            return []
        seen = [one for one in self.amounts if _is_within(one.element, main)]
        lists = {one.price.minor for one in seen if one.meaning is Meaning.LIST_PRICE and one.price.minor is not None}
        priced = self._in_stated_currency([one for one in seen if one.meaning is Meaning.PRICE])
        if any(one.price.minor in lists for one in priced) and len({one.price.minor for one in priced}) > 1:
            priced = [one for one in priced if one.price.minor not in lists]
        starting = [one for one in seen if one.meaning is Meaning.STARTING]
        units = [one for one in seen if one.meaning is Meaning.UNIT_PRICE and one.price.minor is not None]
        base = Candidate(
            method=Method.TEXT,
            where="beside the name and the button to buy",
            name=headline,
            stock=stock,
            product="text",
            unit_price_minor=units[0].price.minor if len({one.price.minor for one in units}) == 1 else None,
            unit=units[0].unit if len({one.price.minor for one in units}) == 1 else None,
        )
        if not priced:
            if starting:
                return [msgspec.structs.replace(base, text=starting[0].text, refused="is the lowest of several prices")]
            return []
        return [self._one(priced, lists, base)]

    def _in_stated_currency(self, seen: list[Seen]) -> list[Seen]:
        """Those in the page's own currency, where the same amount stands in another beside it."""
        own = [one for one in seen if one.price.currency == self._style.stated]
        return own or seen

    def stock(self) -> Stock | None:
        """What the main block says of being to be had, where it says one thing."""
        main = self._main()
        told = {
            state
            for line in self._visible.lines
            if line.part is Part.BODY
            and len(line.text) <= NOTE
            and (main is None or _is_within(line.runs[0].element, main))
            if (state := told_stock(line.text)) is not None
        }
        if told == {Stock.IN_STOCK, Stock.LIMITED}:
            return Stock.LIMITED
        return told.pop() if len(told) == 1 else None

    def _one(self, priced: list[Seen], lists: set[int], base: Candidate) -> Candidate:
        for few in _narrowed(priced):
            refused = next((one.price.refused for one in few if one.price.refused), None)
            prices = {(one.price.minor, one.price.currency) for one in few}
            if len(prices) == 1 and not refused:
                price = few[0].price
                higher = {amount for amount in lists if amount > (price.minor or 0)}
                return msgspec.structs.replace(
                    base,
                    text=few[0].text,
                    price_minor=price.minor,
                    currency=price.currency,
                    or_minor=price.or_minor,
                    doubt=next((one.price.doubt for one in few if one.price.doubt), None),
                    list_price_minor=higher.pop() if len(higher) == 1 else None,
                    tax_included=next((one.tax_included for one in few if one.tax_included is not None), None),
                    refused=placeholder(price.minor, price.currency),
                )
        refused = next((one.price.refused for one in priced if one.price.refused), None)
        told = figures(_as_candidate(one, base) for one in priced)
        return msgspec.structs.replace(
            base, text=priced[0].text, refused=refused or f"is one of several that stand there ({told})"
        )

    def _main(self) -> etree._Element | None:
        """The smallest block that holds the product's name, an amount, and a button to buy if there is any."""
        heading = self._visible.headings[0] if self._visible.headings else None
        buttons = [one for one in self._visible.buttons if self._visible.part(one) is Part.BODY]
        priced = [one.element for one in self.amounts if one.meaning in {Meaning.PRICE, Meaning.STARTING}]
        start = heading if heading is not None else (buttons[0] if buttons else None)
        if start is None or not priced:
            return None
        holding_price = {up for element in priced for up in upwards(element)}
        holding_button = {up for button in buttons for up in upwards(button)}
        for up in upwards(start):
            if up in holding_price and (not buttons or up in holding_button):
                return up
        return None


def _narrowed(priced: list[Seen]) -> Iterator[list[Seen]]:
    """All of them; those with tax; those called prices by a class; of these, those called current."""
    yield priced
    with_tax = [one for one in priced if one.tax_included is not False]
    if with_tax and len(with_tax) < len(priced):
        yield with_tax
    called = [one for one in with_tax or priced if _PRICE_CLASS.search(_names(one.element))]
    if called:
        yield called
    current = [one for one in called if _CURRENT_CLASS.search(_names(one.element))]
    if current:
        yield current


def _number_start(line: Line, amount: Amount) -> int:
    return amount.start + max(0, line.text[amount.start : amount.end].find(amount.number))


def _as_candidate(seen: Seen, base: Candidate) -> Candidate:
    return msgspec.structs.replace(base, price_minor=seen.price.minor, currency=seen.price.currency)


def _names(element: etree._Element) -> str:
    """The classes, ids and itemprops of an element and the two around it."""
    parent = element.getparent()
    grandparent = parent.getparent() if parent is not None else None
    around = [one for one in (element, parent, grandparent) if one is not None]
    return " ".join(f"{one.get('class') or ''} {one.get('id') or ''} {one.get('itemprop') or ''}" for one in around)


def _label(lines: list[Line], number: int) -> str:
    """A neighbouring line, where it is short and holds no amount itself."""
    if not 0 <= number < len(lines):
        return ""
    text = lines[number].text
    return text if len(text) <= LABEL and not any(amount.signs for amount in amounts(text)) else ""


def _torn(label: str, text: str, start: int) -> str | None:
    """An amount at the start of a line whose previous one ends in a digit may be the end of that."""
    if (
        start == 0
        and label
        and label[-1:].isdigit()
        and len(label) < 8
        and text[:2].isdigit()
        and not text[2:3].isdigit()
    ):
        return "may be the second half of an amount"
    return None


def _unit(after: str) -> str | None:
    match = re.match(
        r"^[\s*()]*(?:/|pro|par|per|je|al|por|le|la|za|à|a|=)\s*(\d*(?:[.,]\d+)?\s*[^\W\d]+[²³23]?)",
        after,
        re.IGNORECASE,
    )
    return " ".join(match[1].split()) if match else None


def _is_within(element: etree._Element, block: etree._Element) -> bool:
    return any(up is block for up in upwards(element))
