"""The last resort: the price that a visitor sees beside the product's name and the button to buy it.

Of the amounts that `seen` tells apart only those count that are prices, and only if they are one price.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

import msgspec
from lxml import etree

from services.common.money import to_major
from services.pricing_watch.reading.figures import figures
from services.pricing_watch.reading.identity import mentions, words
from services.pricing_watch.reading.landmarks import around, brief_text, can_order, upwards
from services.pricing_watch.reading.lines import Line, Part
from services.pricing_watch.reading.meaning import Meaning
from services.pricing_watch.reading.number_style import NumberStyle
from services.pricing_watch.reading.placeholders import placeholder
from services.pricing_watch.reading.price_text import CENTS, JOINT, MAX_TEXT
from services.pricing_watch.reading.seen import (
    LEAST,
    Seen,
    amounts_of_line,
    is_called_price,
    is_heading,
    names_around,
    seen_amounts,
)
from services.pricing_watch.reading.stock import one_state, told_stock
from services.pricing_watch.reading.tax_words import tells_both
from services.pricing_watch.reading.told import is_told
from services.pricing_watch.reading.visible import Visible
from services.pricing_watch.reading.words import word_count
from services.pricing_watch.records import Candidate, Method, Role, Stock, Wanted

NOTE = 120
"""Characters of a line that may tell whether the product can be had."""
FEW_WORDS = 6
"""Words of a line, up to which its amount stands out on a page without a button to buy."""
BRIEF_NOTE = 40
"""The same of one outside of the product's own block, and of a label."""

_BESIDE_THE_NAME = "beside the number or the name that is wanted"
_CURRENT_CLASS = re.compile(
    r"current|sale|final|now|special|promo|actual|offer|discounted|reduced|your|active|ours|main|deal|to-?pay",
    re.IGNORECASE,
)


class VisibleText:
    """The amounts that are seen on a page."""

    def __init__(self, visible: Visible, style: NumberStyle) -> None:
        self._visible = visible
        self._style = style

    @cached_property
    def amounts(self) -> list[Seen]:
        """Every amount that bears a sign of a currency, but for those of other products and of the page's frame."""
        return seen_amounts(self._visible.lines, self._style)

    def shows(self, minor: int | None, currency: str | None) -> bool:
        """Is this amount seen as a price, outside of other products?"""
        return any(
            seen.price.minor == minor and seen.price.currency == currency and seen.meaning is Meaning.PRICE
            for seen in self.amounts
        )

    def tells(self, found: Candidate) -> bool:
        """Does any place where this amount is seen tell that it is the price of what the heading names?"""
        if found.where == _BESIDE_THE_NAME:
            return True
        heading = brief_text(self._visible.headings[0], 200) if self._visible.headings else ""
        return any(
            is_told(self._visible.lines, one, self.amounts, heading, can_buy=self._can_order)
            for one in self.amounts
            if (one.price.minor, one.price.currency, one.meaning) == (found.price_minor, found.currency, Meaning.PRICE)
        )

    @cached_property
    def _can_order(self) -> bool:
        return bool(self._buttons) or can_order(self._visible.root)

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

    @cached_property
    def speaks_of_net_and_gross(self) -> bool:
        """Does the page speak of prices with tax as well as of prices without?"""
        return tells_both(line.text for line in self._visible.lines if line.part is Part.BODY)

    def list_price_of(self, minor: int | None, currency: str | None) -> int | None:
        """The list price that is seen beside a price, if it is one."""
        main = self.main
        higher = {
            one.price.minor
            for one in self.amounts
            if one.meaning is Meaning.LIST_PRICE
            and (one.price.minor is not None and minor is not None and one.price.currency == currency)
            and minor < one.price.minor <= LEAST * minor
            and (main is None or _is_within(one.element, main))
        }
        return higher.pop() if len(higher) == 1 else None

    def candidates(self, headline: str | None, wanted: Wanted) -> list[Candidate]:
        """The price of the page's main block, if one stands out; else why not.

        Where none does, the price beside the number or the name that is wanted: in a row of a table, in a column.
        """
        found = self._of_main(headline)
        if found is not None and found.refused is None:
            return [found]
        beside = self._beside(wanted)
        return [one for one in (beside or found,) if one is not None]

    def _of_main(self, headline: str | None) -> Candidate | None:
        main = self.main
        if main is None:
            return None
        seen = [one for one in self.amounts if _is_within(one.element, main)]
        lists = {one.price.minor for one in seen if one.meaning is Meaning.LIST_PRICE and one.price.minor is not None}
        priced = self._in_stated_currency([one for one in seen if one.meaning is Meaning.PRICE])
        priced = [one for one in priced if one.price.minor != 0] or priced
        if not self._buttons:
            priced = [one for one in priced if self._stands_out(one)]
        if any(one.price.minor not in lists for one in priced):
            priced = [one for one in priced if one.price.minor not in lists or one.price.minor < max(lists)]
        units = {(one.price.minor, one.unit) for one in seen if one.meaning is Meaning.UNIT_PRICE and one.price.minor}
        unit_price, unit = units.pop() if len(units) == 1 else (None, None)
        base = Candidate(
            method=Method.TEXT,
            where="beside the name and the button to buy",
            name=headline,
            product="text",
            unit_price_minor=unit_price,
            unit=unit,
        )
        if priced:
            return self._one(priced, lists, base)
        starting = next((one for one in seen if one.meaning is Meaning.STARTING), None)
        if starting is None:
            return None
        return msgspec.structs.replace(base, text=starting.text, refused="is the lowest of several prices")

    def _beside(self, wanted: Wanted) -> Candidate | None:
        """The only price in the smallest block around the only place that names what is wanted."""
        lines = self._visible.lines
        places = [
            number
            for number, line in enumerate(lines)
            if line.part is not Part.APART and _names_it(line.text, wanted) and not is_heading(line.runs[0].element)
        ]
        if len(places) != 1:
            return None
        within: list[int] = []
        for more in around(lines[places[0]].runs[0].element, [line.runs[0].element for line in lines]):
            within += more
            seen = [one for number in more for one in amounts_of_line(lines, number, self._style)]
            prices = [one for one in seen if one.meaning is Meaning.PRICE]
            if prices:
                told = {told_stock(lines[number].text) for number in within} - {None}
                base = Candidate(
                    method=Method.TEXT,
                    where=_BESIDE_THE_NAME,
                    name=wanted.name,
                    sku=wanted.sku,
                    gtin=wanted.gtin,
                    product="text",
                    role=Role.VARIANT if wanted.sku or wanted.gtin else Role.PLAIN,
                    stock=told.pop() if len(told) == 1 else None,
                )
                found = self._one(prices, set(), base)
                return found if found.refused is None else None
        return None

    def _stands_out(self, one: Seen) -> bool:
        """Is it more than an amount that a text mentions?"""
        return is_called_price(one.element) or word_count(self._visible.lines[one.line].text) <= FEW_WORDS

    @cached_property
    def _buttons(self) -> list[etree._Element]:
        """The buttons to buy what the page is about."""
        return [one for one in self._visible.buttons if self._visible.part(one) is Part.BODY]

    def _in_stated_currency(self, seen: list[Seen]) -> list[Seen]:
        """Those in the page's own currency, where the same amount stands in another beside it."""
        own = [one for one in seen if one.price.currency == self._style.stated]
        return own or seen

    def stock(self) -> Stock | None:
        """What the main block says of being to be had, where it says one thing; else what a note beside it says.

        Where no words tell, a button to buy does.
        """
        notes = [
            (line, told)
            for line, text in _with_labels(self._visible.lines)
            if line.part is Part.BODY and len(text) <= NOTE and (told := told_stock(text)) is not None
        ]
        main = self.main
        inside = {told for line, told in notes if main is None or _is_within(line.runs[0].element, main)}
        told = one_state(inside or {told for line, told in notes if len(line.text) <= BRIEF_NOTE})
        return told or (Stock.IN_STOCK if not notes and self._can_buy() else None)

    def _can_buy(self) -> bool:
        return bool(self._buttons) and all(one.get("disabled") is None for one in self._buttons)

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

    @cached_property
    def main(self) -> etree._Element | None:
        """The smallest block that holds the product's name, an amount, and a button to buy if there is any."""
        heading = self._visible.headings[0] if self._visible.headings else None
        buttons = self._buttons
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
    called = [one for one in with_tax or priced if is_called_price(one.element)]
    if called:
        yield called
    current = [one for one in called if _CURRENT_CLASS.search(names_around(one.element))]
    if current:
        yield current


def _with_labels(lines: Sequence[Line]) -> Iterator[tuple[Line, str]]:
    """Each line and its text, after that of the line before where that ends as a label does."""
    before = ""
    for line in lines:
        yield line, f"{before} {line.text}" if before else line.text
        before = line.text if line.text.endswith(":") and len(line.text) <= BRIEF_NOTE else ""


def _names_it(text: str, wanted: Wanted) -> bool:
    if any(number is not None and mentions(text, number) for number in (wanted.sku, wanted.gtin)):
        return True
    return wanted.name is not None and words(text) == words(wanted.name)


def _as_candidate(seen: Seen, base: Candidate) -> Candidate:
    return msgspec.structs.replace(base, price_minor=seen.price.minor, currency=seen.price.currency)


def _is_within(element: etree._Element, block: etree._Element) -> bool:
    return any(up is block for up in upwards(element))
