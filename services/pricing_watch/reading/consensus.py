"""One reading of what several sources on a page say.

The most trusted source that tells of the page's product leads. What it says is believed where nothing contradicts it;
where something does, only if another source or the visible text says the same. Else it is refused, with both figures.

Confidence:

===================================  =====
where the price stands                base
===================================  =====
at the page's own selector            0.90
JSON-LD                               0.80
microdata, RDFa                       0.75
OpenGraph and product meta tags       0.65
JSON of a known shop system           0.60
the text that visitors see            0.45
another source says the same         +0.10
a visitor sees it as the price       +0.09
a source contradicts it              -0.25
it had to be settled by another      -0.05
===================================  =====
"""

from collections.abc import Mapping, Sequence

import msgspec

from services.pricing_watch.reading.alone import doubt_of_one
from services.pricing_watch.reading.choosing import Choice, Surroundings
from services.pricing_watch.reading.figures import figures
from services.pricing_watch.reading.meaning import Meaning
from services.pricing_watch.reading.net_prices import doubt_of_tax, with_tax
from services.pricing_watch.reading.visible_text import VisibleText
from services.pricing_watch.records import Candidate, Kind, Method, Obstacle, Reading, Stock, Wanted

BASE: Mapping[Method, float] = {
    Method.SELECTOR: 0.90,
    Method.JSON_LD: 0.80,
    Method.MICRODATA: 0.75,
    Method.RDFA: 0.75,
    Method.META: 0.65,
    Method.EMBEDDED: 0.60,
    Method.TEXT: 0.45,
}
AGREED, SEEN, CONTRADICTED, SETTLED = 0.10, 0.09, -0.25, -0.05

_NEVER_THE_PRICE = {Meaning.STARTING, Meaning.INSTALMENT, Meaning.BID, Meaning.DEPOSIT, Meaning.SHIPPING}
_NOT_THE_PRICE = {Meaning.LIST_PRICE, Meaning.UNIT_PRICE, Meaning.MEMBERS, Meaning.USED, Meaning.OTHER, Meaning.SEVERAL}
"""What an amount is not, if that is how visitors see it: the latter where they see a price beside it."""


class Evidence(msgspec.Struct, frozen=True):
    """What each source says, by trust, and what visitors see."""

    choices: Mapping[Method, Choice]
    text: VisibleText
    around: Surroundings
    wanted: Wanted


def agree(lead: Method, evidence: Evidence) -> Reading:
    """The reading of a source that leads, held against all others."""
    choice = evidence.choices[lead]
    if choice.candidate is None:
        return refusal(choice.obstacle or Obstacle.NO_PRICE, f"{_NAMES[lead]}: {choice.reason}", kind=choice.kind)
    others = [
        other.candidate
        for method, other in evidence.choices.items()
        if method is not lead and other.candidate is not None and not _is_of_sibling(other.candidate, choice)
    ]
    settled = _settle(choice.candidate, others, evidence.text)
    if settled is None:
        return refusal(Obstacle.AMBIGUOUS, f"{_NAMES[lead]}: {choice.candidate.doubt}", kind=choice.kind)
    found = settled if lead is Method.SELECTOR else with_tax(settled, evidence.text)
    doubt = doubt_of_tax(found, evidence.text) if lead is not Method.SELECTOR else None
    if doubt:
        return refusal(Obstacle.AMBIGUOUS, f"{_NAMES[lead]} says {figures([found])}, which {doubt}", kind=choice.kind)
    agreeing = [other for other in others if _same(other, found)]
    if _is_guess(lead, found, agreeing, evidence.text):
        reason = f"visitors see {figures([found])}, and nothing tells that it is the product's price"
        return refusal(Obstacle.NO_PRICE, reason, kind=choice.kind)
    against = [other for other in others if _contradicts(other, found)]
    is_seen = evidence.text.shows(found.price_minor, found.currency)
    foreign = [other for other in others if other.currency != found.currency]
    if foreign and not agreeing and not is_seen and lead is not Method.SELECTOR:
        reason = f"{_NAMES[lead]} says {figures([found])}, {_NAMES[foreign[0].method]} {figures(foreign[:1])}"
        return refusal(Obstacle.CURRENCY, f"sources name different currencies: {reason}", kind=choice.kind)
    shown = _shown_beside(found, choice, evidence.text)
    problem = _problem(found, agreeing, against, evidence.text, is_seen=is_seen, shows_another=shown)
    is_alone = not agreeing and not is_seen and lead not in {Method.SELECTOR, Method.TEXT}
    problem = problem or (doubt_of_one(found, evidence.wanted, evidence.around) if is_alone else None)
    problem = problem or (_lure(found, evidence.text) if choice.kind is Kind.SINGLE else None)
    if problem:
        return refusal(Obstacle.AMBIGUOUS, problem, kind=choice.kind)
    confidence = BASE[lead] + (AGREED if agreeing else 0) + (SEEN if is_seen and lead is not Method.TEXT else 0)
    confidence += (CONTRADICTED if against else 0) + (SETTLED if choice.candidate.doubt else 0)
    return _reading(found, choice.kind, [found, *agreeing], others, evidence, round(confidence, 2), against)


def refusal(obstacle: Obstacle, reason: str, *, kind: Kind = Kind.NONE, stock: Stock | None = None) -> Reading:
    """A reading without a price."""
    return Reading(obstacle=obstacle, reason=reason, kind=kind, stock=stock)


_NAMES: Mapping[Method, str] = {
    Method.SELECTOR: "the page's own selector",
    Method.JSON_LD: "JSON-LD",
    Method.MICRODATA: "microdata",
    Method.RDFA: "RDFa",
    Method.META: "a meta tag",
    Method.EMBEDDED: "the shop system's JSON",
    Method.TEXT: "the visible text",
}


def _is_guess(lead: Method, found: Candidate, agreeing: Sequence[Candidate], text: VisibleText) -> bool:
    """Is it an amount of the text that neither data nor the words beside it call the price?"""
    if lead is not Method.TEXT or agreeing:
        return False
    return not text.tells(found)


def _same(one: Candidate, other: Candidate) -> bool:
    return (one.price_minor, one.currency) == (other.price_minor, other.currency)


def _contradicts(one: Candidate, found: Candidate) -> bool:
    """Another amount: neither its list price, nor doubtful and readable as the same, nor another by tax."""
    if one.currency != found.currency or _same(one, found):
        return False
    if found.price_minor == one.or_minor or one.price_minor in {found.list_price_minor, found.unit_price_minor}:
        return False
    return not (found.tax_included is False and one.tax_included is not False)


def _settle(candidate: Candidate, others: Sequence[Candidate], text: VisibleText) -> Candidate | None:
    """A doubtful reading as another candidate or the text has it; none where nobody does."""
    if candidate.doubt is None:
        return candidate
    for minor in (candidate.price_minor, candidate.or_minor):
        said = any(
            other.doubt is None and (other.price_minor, other.currency) == (minor, candidate.currency)
            for other in others
        )
        seen = any(
            one.price.doubt is None and (one.price.minor, one.price.currency) == (minor, candidate.currency)
            for one in text.amounts
            if one.meaning is Meaning.PRICE
        )
        if minor is not None and (said or seen):
            return msgspec.structs.replace(candidate, price_minor=minor, or_minor=None, doubt=None)
    return None


def _problem(
    found: Candidate,
    agreeing: list[Candidate],
    against: list[Candidate],
    text: VisibleText,
    *,
    is_seen: bool,
    shows_another: bool,
) -> str | None:
    name = _NAMES[found.method]
    told = figures([found])
    contrary = "; ".join(f"{_NAMES[other.method]} {figures([other])}" for other in against)
    if found.method is Method.SELECTOR:
        return None
    if against and not agreeing and not is_seen:
        return f"sources contradict one another: {name} says {told}, but {contrary}"
    if any(other.method is Method.TEXT for other in against) and not is_seen:
        return f"visitors see another price: {name} says {told}, but {contrary}"
    meaning = text.meaning(found.price_minor, found.currency)
    if meaning in _NOT_THE_PRICE and found.method is not Method.TEXT and shows_another:
        return f"{name} says {told}, which visitors see as {meaning}"
    is_alone = not is_seen and not agreeing and found.method is not Method.TEXT
    if is_alone and shows_another and not text.mentions(found.price_minor, found.currency):
        return f"{name} says {told}, which visitors do not see among the prices that they do see"
    return None


def _lure(found: Candidate, text: VisibleText) -> str | None:
    """A price that is shown as where prices start, as what is paid each month, or for delivery."""
    meaning = text.meaning(found.price_minor, found.currency)
    if meaning not in _NEVER_THE_PRICE or found.method in {Method.SELECTOR, Method.TEXT}:
        return None
    return f"{_NAMES[found.method]} says {figures([found])}, which visitors see as {meaning}"


def _shown_beside(found: Candidate, choice: Choice, text: VisibleText) -> bool:
    """Do visitors see another price, of the same variant?"""
    return any(
        one.meaning is Meaning.PRICE and one.price.currency == found.currency
        for one in text.amounts
        if (one.price.minor, one.price.currency) not in choice.siblings
    )


def _is_of_sibling(other: Candidate, choice: Choice) -> bool:
    return (other.price_minor, other.currency) in choice.siblings


def _reading(
    found: Candidate,
    kind: Kind,
    same: list[Candidate],
    others: list[Candidate],
    evidence: Evidence,
    confidence: float,
    against: list[Candidate],
) -> Reading:
    price = found.price_minor or 0
    lists = [one.list_price_minor for one in same if one.list_price_minor is not None and one.list_price_minor > price]
    seen_list = evidence.text.list_price_of(found.price_minor, found.currency)
    tax = [one.tax_included for one in same if one.tax_included is not None]
    seen_tax = [
        one.tax_included
        for one in evidence.text.amounts
        if (one.price.minor, one.price.currency) == (found.price_minor, found.currency) and one.tax_included is not None
    ]
    stocks = [one.stock for one in (*same, *others) if one.stock is not None]
    contrary = "; ".join(f"{_NAMES[other.method]} says {figures([other])}" for other in against)
    agreed = ", ".join(_NAMES[one.method] for one in same[1:])
    reason = f"{_NAMES[found.method]} states it ({found.where})"
    return Reading(
        price_minor=found.price_minor,
        currency=found.currency,
        list_price_minor=lists[0] if lists else seen_list,
        stock=stocks[0] if stocks else None,
        kind=kind,
        method=found.method,
        confidence=max(0.05, min(0.99, confidence)),
        reason=reason + (f"; so does {agreed}" if agreed else "") + (f"; yet {contrary}" if contrary else ""),
        tax_included=next(iter((*tax, *seen_tax)), None),
        unit_price_minor=next(
            (one.unit_price_minor for one in (*same, *others) if one.unit_price_minor is not None), None
        ),
        unit=next((one.unit for one in (*same, *others) if one.unit is not None), None),
        shipping_minor=next((one.shipping_minor for one in same if one.shipping_minor is not None), None),
        valid_from=next((one.valid_from for one in same if one.valid_from is not None), None),
        valid_until=next((one.valid_until for one in same if one.valid_until is not None), None),
    )
