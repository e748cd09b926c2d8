"""The offer: what was proposed, what came of it, and whether what it brought was kept.

Fed by `offer.made` and `offer.answered`, and by the orders whose lines bear it.
"""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import msgspec

from services.common.events import Event
from services.common.events.offers import OfferAnswered, OfferMade
from services.kpi_stream.entities.notices import MOST, Heard, Notice, hear
from services.kpi_stream.entities.order_notices import OfferSale
from services.kpi_stream.entities.statements import Stated, joined, stated

VERSION = 3


class Made(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was proposed, by whom and how."""

    kind: str
    rep: str
    technique: str
    offered_sku: str
    base_sku: str | None


class Answered(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Yes or no, and what the yes brought (minor units)."""

    outcome: str
    amount_delta: int | None
    currency: str | None


class Offer(msgspec.Struct, frozen=True, array_like=True):
    """An offer as events and notices, in whatever order, have made it.

    `sales`: by every order that ever bore it; one that does not any more has no content, for ever. `is_code`: it is no
    one offer, as where a promotion's code is sent for one; then nothing else is kept of it, and it counts nowhere.
    """

    made: Stated[Made] | None = None
    answered: Stated[Answered] | None = None
    sales: Mapping[str, Heard[OfferSale]] = {}
    is_code: bool = False


CODE = Offer(is_code=True)


def fold(offer: Offer, event: Event, zone: ZoneInfo) -> Offer:  # noqa: ARG001
    """The offer, one event taken in."""
    if offer.is_code:
        return offer
    match event.data:
        case OfferMade() as data:
            made = Made(data.kind, data.rep_id, data.technique, data.offered_sku, data.base_sku)
            return msgspec.structs.replace(offer, made=joined(offer.made, stated(event, made)))
        case OfferAnswered() as data:
            answered = Answered(data.outcome, data.amount_delta_minor, data.currency)
            return msgspec.structs.replace(offer, answered=joined(offer.answered, stated(event, answered)))
    raise TypeError(f"an offer has no {event.type}")


def hear_order(offer: Offer, notice: Notice[OfferSale], zone: ZoneInfo) -> Offer:  # noqa: ARG001
    """The offer, told by an order how the lines that bear it stand."""
    if offer.is_code:
        return offer
    sales = hear(offer.sales, notice)
    return CODE if len(sales) > MOST else msgspec.structs.replace(offer, sales=sales)
