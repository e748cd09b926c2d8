"""What an order tells those that it names: the lead it won, the customer who placed it, the offers that brought its
lines."""

import msgspec

from services.kpi_stream.entities.notices import tell
from services.kpi_stream.entities.order import NOBODY, UNASSIGNED, Order, Placed
from services.kpi_stream.entities.statements import Stated


class OrderSnapshot(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an order tells a lead: since when it counts, through whom, and what it brought. Only living orders count."""

    living: bool
    at: int
    rep: str | None
    currency: str
    net: int


def lead_notices(order_id: str, order: Order) -> dict[str, OrderSnapshot | None]:  # noqa: ARG001
    """What the order tells the lead that it names; nothing to those it no longer means."""
    if order.placed is None:
        return {}
    lead = order.placed.value.lead
    if lead is None and order.former is None:
        return {}
    return tell((order.former or NOBODY).leads, {lead: _snapshot(order, order.placed)} if lead else {})


def _snapshot(order: Order, stated: Stated[Placed]) -> OrderSnapshot:
    placed = stated.value
    rep = placed.rep or (placed.reps[0] if len(placed.reps) == 1 and placed.reps[0] != UNASSIGNED else None)
    return OrderSnapshot(order.is_living, stated.at, rep, placed.currency, order.net)


def customer_notices(order_id: str, order: Order) -> dict[str, int | None]:  # noqa: ARG001
    """What the order tells the customer that it names: when it was placed (microseconds since 1970), if it is living.

    Nothing to those it no longer means.
    """
    if order.placed is None:
        return {}
    customer = order.placed.value.customer
    if customer is None and order.former is None:
        return {}
    placed_at = order.placed.at if order.is_living else None
    return tell((order.former or NOBODY).customers, {customer: placed_at} if customer else {})


class OfferSale(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an order tells an offer of the lines that bear it: net of discount and given back, in minor units.

    `is_cancelled`: with the whole order, which gives them back whatever the amounts.
    """

    currency: str
    net: int
    given_back: int
    is_cancelled: bool


def offer_notices(order_id: str, order: Order) -> dict[str, OfferSale | None]:  # noqa: ARG001
    """What the order tells every offer that one of its lines bears; nothing to those it no longer means."""
    if order.placed is None:
        return {}
    names_offers = any(line.offer for line in order.placed.value.lines)
    if not names_offers and order.former is None:
        return {}
    return tell((order.former or NOBODY).offers, _sales(order, order.placed.value) if names_offers else {})


def _sales(order: Order, placed: Placed) -> dict[str, OfferSale]:
    """By offer, what the order tells of its lines."""
    sums: dict[str, tuple[int, int]] = {}
    for line, part in zip(placed.lines, order.given_back_by_line, strict=True):
        if line.offer:
            net, given_back = sums.get(line.offer, (0, 0))
            sums[line.offer] = net + line.net, given_back + part
    return {offer: OfferSale(placed.currency, *amounts, order.is_cancelled) for offer, amounts in sums.items()}
