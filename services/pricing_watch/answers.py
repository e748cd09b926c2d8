"""What the service answers: where pairs stand, and why a price is believed."""

from datetime import datetime

import msgspec

from services.pricing_watch.judging.judgement import MISSED_UNTIL_STALE, Belief, Price, Verdict
from services.pricing_watch.store import WatchedPage, WatchedProduct
from services.pricing_watch.watching.intake import Pair
from services.pricing_watch.watching.reading_store import KeptReading

MOST_CANDIDATES = 20


class ProductsAnswer(msgspec.Struct):
    """Some products; `next` is what to send as `after` for more, empty when there are none."""

    products: list[WatchedProduct]
    next: str


class PageAnswer(msgspec.Struct, omit_defaults=True):
    """Where a pair stands, and when its page is read next."""

    sku: str
    competitor: str
    pair_id: str
    verdict: Verdict | None
    next_reading: datetime
    missed: int
    price: Price | None = None
    waiting: Price | None = None


class PagesAnswer(msgspec.Struct):
    """Some pairs, those that are read next first."""

    pages: list[PageAnswer]


class ExplainAnswer(msgspec.Struct, omit_defaults=True):
    """Why a competitor's price is believed, or not."""

    page: PageAnswer
    address: str
    why: str
    comparable: str
    readings: list[KeptReading]
    """The newest first. Amounts of `reading` are as the page states them, `price_minor` is comparable."""
    evidence: KeptReading | None = None
    """The last reading that keeps what the page said; those after it read the same."""


def page_answer(state: WatchedPage) -> PageAnswer:
    belief = state.belief
    return PageAnswer(
        sku=state.sku,
        competitor=state.competitor,
        pair_id=state.pair_id,
        verdict=belief.verdict,
        next_reading=state.due_at,
        missed=belief.missed,
        price=belief.trusted,
        waiting=belief.suspect,
    )


def explain_answer(pair: Pair, readings: list[KeptReading], evidence: KeptReading | None) -> ExplainAnswer:
    return ExplainAnswer(
        page=page_answer(pair.state),
        address=pair.page.page,
        why=_why(pair.state.belief, readings),
        comparable=_how_made_comparable(pair),
        readings=[_shortened(kept) for kept in readings],
        evidence=None if evidence is None else _shortened(evidence),
    )


def _why(belief: Belief, readings: list[KeptReading]) -> str:
    last = readings[0].reason if readings else "no reading yet"
    judged = next((kept.reason for kept in readings if kept.price_minor is not None), "long ago")
    match belief.verdict:
        case None:
            return f"nothing is believed yet: {last}"
        case Verdict.TRUSTED if belief.missed:
            return f"trusted until {MISSED_UNTIL_STALE} readings in a row are missed; {last}"
        case Verdict.TRUSTED:
            return f"trusted: {judged}"
        case Verdict.QUARANTINED:
            return f"in quarantine, counted nowhere: {judged}" + (f"; since then {last}" if belief.missed else "")
        case Verdict.STALE:
            return f"stale, counted nowhere: {last}"
        case Verdict.GONE:
            return f"gone for six weeks, counted nowhere: {last}"


def _how_made_comparable(pair: Pair) -> str:
    tax = f"x (1 + {pair.page.vat_rate} %) " if pair.page.vat == "excluded" else "tax included "
    return f"their price, {tax}x our pack of {pair.product.pack} / their pack of {pair.page.pack}"


def _shortened(kept: KeptReading) -> KeptReading:
    if kept.reading is None:
        return kept
    candidates = kept.reading.candidates[:MOST_CANDIDATES]
    return msgspec.structs.replace(kept, reading=msgspec.structs.replace(kept.reading, candidates=candidates))
