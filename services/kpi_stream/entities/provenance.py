"""What stands behind an entity: the events that made it what it is, when each was heard, and who told it something.

Only of entities that may be listed. Behind answers and rounds of the pulse stand people: their events are told to
nobody, and when they were heard is not even kept.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from services.common.events.fields import REVISION_MAX
from services.kpi_stream.entities.customer import Customer
from services.kpi_stream.entities.lead import Lead, histories
from services.kpi_stream.entities.levels import Closings
from services.kpi_stream.entities.notices import told
from services.kpi_stream.entities.offer import Offer
from services.kpi_stream.entities.order import Order
from services.kpi_stream.entities.product import Product
from services.kpi_stream.entities.statements import Stated


class Said(msgspec.Struct, frozen=True, gc=False):
    """A statement that stands: the event that made it, and when that happened (microseconds since 1970).

    `received` is when the gateway took it in, in whole seconds since 1970.
    """

    type: str
    id: str
    at: int
    revision: int
    received: int


class Days(NamedTuple):
    """Business days (since 1970-01-01), both included."""

    first: int
    last: int


Teller = tuple[str, str]
"""Kind and id of an entity that told another how it stands."""


class Provenance(NamedTuple):
    """How to tell of a kind of entity what was said of it, and which others told it something."""

    said: Callable[[Any, Days], Iterator[Said]]
    tellers: Callable[[str, Any], Iterable[Teller]]


def _of_order(order: Order, days: Days) -> Iterator[Said]:  # noqa: ARG001 - one signature for all kinds
    yield from _said("order.placed", order.placed)
    yield from _said("order.returned", *order.returns.values())
    yield from _said("order.cancelled", order.cancelled)


def _of_lead(lead: Lead, days: Days) -> Iterator[Said]:  # noqa: ARG001
    yield from _said("lead.created", lead.created)
    yield from _said("lead.assigned", *lead.assigned.values())
    yield from _said("lead.closed", *lead.closings.values())
    yield from _said("lead.reopened", *lead.reopened.values())
    yield from _said("lead.merged", lead.merged)


def _of_offer(offer: Offer, days: Days) -> Iterator[Said]:  # noqa: ARG001
    yield from _said("offer.made", offer.made)
    yield from _said("offer.answered", offer.answered)


def _of_customer(customer: Customer, days: Days) -> Iterator[Said]:  # noqa: ARG001
    """Contacts and draws; what was scored is told of nobody."""
    yield from _said("customer.contacted", *customer.contacts.values())
    for draw in customer.assigned.values():
        _, revision, event_id, _ = draw.rank
        yield _one("customer.assigned", event_id, draw.at, revision, draw.delay)


def _of_product(product: Product, days: Days) -> Iterator[Said]:
    """What held on some of the days."""
    yield from _closed("price.own", product.own, days)
    yield from _closed("product.watched", product.lists, days)
    for closings in product.readings.values():
        yield from _closed("price.observed", closings, days)


def _said(event_type: str, *statements: Stated[Any] | None) -> Iterator[Said]:
    for stated in statements:
        if stated is not None:
            revision, at, event_id, _ = stated.rank
            yield _one(event_type, event_id, at, revision, stated.delay)


def _closed(event_type: str, closings: Closings[Any], days: Days) -> Iterator[Said]:
    """The closings of some days, and the last before them."""
    before = max((day for day in closings if day < days.first), default=days.first)
    for day, closing in closings.items():
        if before <= day <= days.last:
            _, revision, event_id, _ = closing.rank
            yield _one(event_type, event_id, closing.at, revision, closing.delay)


def _one(event_type: str, event_id: str, at: int, revision: int, delay: int) -> Said:
    sent = revision if revision <= REVISION_MAX else 0  # beyond stands a cancel that bears none
    return Said(event_type, event_id, at, sent, at // 1_000_000 + delay)


def _tellers_of_lead(lead_id: str, lead: Lead) -> Iterator[Teller]:
    """The orders that name it, the leads merged into it and the orders of those."""
    for history in histories(lead_id, lead):
        lender = history.path[0]
        if lender != lead_id:
            yield "lead", lender
        yield from _orders(history.orders)


def _tellers_of_customer(customer_id: str, customer: Customer) -> Iterator[Teller]:  # noqa: ARG001
    return _orders(told(customer.orders))


def _tellers_of_offer(offer_id: str, offer: Offer) -> Iterator[Teller]:  # noqa: ARG001
    return _orders(told(offer.sales))


def _orders(ids: Iterable[str]) -> Iterator[Teller]:
    return (("order", order_id) for order_id in ids)


def _nobody(entity_id: str, entity: Any) -> Iterable[Teller]:  # noqa: ARG001
    return ()


PROVENANCE: Mapping[str, Provenance] = {
    "order": Provenance(_of_order, _nobody),
    "lead": Provenance(_of_lead, _tellers_of_lead),
    "offer": Provenance(_of_offer, _tellers_of_offer),
    "customer": Provenance(_of_customer, _tellers_of_customer),
    "product": Provenance(_of_product, _nobody),
}
