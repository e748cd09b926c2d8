"""Prices without tax: the same with tax where visitors see it, and why one is not to be taken for a consumer's."""

from collections.abc import Iterator

import msgspec

from services.pricing_watch.reading.meaning import Meaning
from services.pricing_watch.reading.price_text import Price
from services.pricing_watch.reading.seen import NEAR, Seen
from services.pricing_watch.reading.tax_rates import may_be_gross
from services.pricing_watch.reading.visible_text import VisibleText
from services.pricing_watch.records import Candidate


def with_tax(found: Candidate, text: VisibleText) -> Candidate:
    """The amount with tax, where visitors see it beside the one without."""
    if not _is_net(found, text):
        return found
    gross = [one for one in _gross_beside(found, text) if one.tax_included]
    if len({one.price.minor for one in gross}) != 1:
        return found
    return msgspec.structs.replace(found, price_minor=gross[0].price.minor, tax_included=True, text=gross[0].text)


def doubt_of_tax(found: Candidate, text: VisibleText) -> str | None:
    """Why it may not be what a consumer pays, where visitors see a higher price that has its tax in it."""
    if _is_net(found, text):
        dearer = (one for one in text.amounts if one.tax_included and one.meaning in {Meaning.PRICE, Meaning.SEVERAL})
        another = next((one for one in dearer if _is_above(one, found)), next(_gross_beside(found, text), None))
        return f"is without tax, and visitors see {another.text!r}" if another is not None else None
    is_told = found.tax_included is True or any(one.tax_included for one in _same(found, text))
    if not is_told and text.speaks_of_net_and_gross and any(_gross_beside(found, text)):
        return "may be without the tax that the price beside it has in it"
    return None


def _is_net(found: Candidate, text: VisibleText) -> bool:
    """By what visitors read, or, where they read nothing of it, by what the source says."""
    told = {one.tax_included for one in _same(found, text)}
    return found.tax_included is not True and True not in told and (found.tax_included is False or False in told)


def _same(found: Candidate, text: VisibleText) -> list[Seen]:
    return [one for one in text.amounts if (one.price.minor, one.price.currency) == (found.price_minor, found.currency)]


def _gross_beside(found: Candidate, text: VisibleText) -> Iterator[Seen]:
    """What may be the same with tax: near to it, or anywhere where it is not seen itself."""
    net = Price(minor=found.price_minor, currency=found.currency)
    lines = [one.line for one in _same(found, text)]
    for one in text.amounts:
        is_near = not lines or any(abs(one.line - line) <= NEAR for line in lines)
        if is_near and one.meaning is Meaning.PRICE and may_be_gross(net, one.price):
            yield one


def _is_above(one: Seen, found: Candidate) -> bool:
    return one.price.currency == found.currency and (one.price.minor or 0) > (found.price_minor or 0)
