"""The kinds of entity, and what they tell each other: one list, from which the processor is built."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from services.common.events import EVENT_TYPES
from services.common.events.registry import EventType
from services.common.topics import Topic
from services.kpi_stream.entities import (
    answer,
    customer,
    lead,
    offer,
    order,
    order_notices,
    product,
    pulse,
    reference,
    visits,
)
from services.kpi_stream.entities.notices import MOST, Notice


class NoticeKind(msgspec.Struct, frozen=True):
    """A kind of notice: who tells it, to whom, and what the receiver makes of it."""

    name: str
    sender: str
    to: str
    topic: Topic
    model: Any
    told: Callable[[str, Any], Mapping[str, Any]]
    hear: Callable[[Any, Notice[Any], ZoneInfo], Any]


class EntityKind(msgspec.Struct, frozen=True, dict=True):
    """A kind of entity: its topic, its model (whose defaults are the empty entity) and its fold.

    `is_reference` entities are few, contribute nothing, and are read whole. `begun_by` is the type of event that is
    usually said first of an entity. `fed_by` names the types of event where a topic feeds several kinds; else it is all
    of the topic's.

    What would make an entity larger than `max_bytes` is set aside: a lead with thousands of closings is a fault of its
    sender, and an entity tells others what it holds in records that Kafka takes up to a megabyte. Products, customers
    and offers tell nobody; a product grows by a closing for every page and day. A customer and an offer may have `MOST`
    of whatever they are told of, with the longest ids in letters of four bytes: an order takes 1 KiB; an order, a
    contact, a draw and a score take 7 KiB.
    """

    name: str
    topic: Topic
    model: type[msgspec.Struct]
    fold: Callable[[Any, Any, ZoneInfo], Any]
    version: int
    is_reference: bool = False
    begun_by: str = ""
    fed_by: tuple[str, ...] = ()
    max_bytes: int = 512 * 1024

    def is_fed_by(self, event_type: EventType) -> bool:
        return event_type.topic is self.topic and (not self.fed_by or event_type.name in self.fed_by)

    @cached_property
    def empty(self) -> Any:
        """The entity before anything was said of it: it contributes nothing and tells nothing."""
        return self.model()


_REFERENCE = tuple(
    EntityKind(
        t.name,
        Topic.REFERENCE,
        reference.Reference,
        reference.fold,
        reference.VERSION,
        is_reference=True,
        fed_by=(t.name,),
    )
    for t in EVENT_TYPES.values()
    if t.topic is Topic.REFERENCE
)

ENTITY_KINDS: Mapping[str, EntityKind] = {
    kind.name: kind
    for kind in (
        EntityKind("lead", Topic.LEADS, lead.Lead, lead.fold, lead.VERSION, begun_by="lead.created"),
        EntityKind("order", Topic.ORDERS, order.Order, order.fold, order.VERSION, begun_by="order.placed"),
        EntityKind(
            "customer",
            Topic.CUSTOMERS,
            customer.Customer,
            customer.fold,
            customer.VERSION,
            max_bytes=MOST * 7 * 1024,
        ),
        EntityKind(
            "offer",
            Topic.OFFERS,
            offer.Offer,
            offer.fold,
            offer.VERSION,
            begun_by="offer.made",
            max_bytes=MOST * 1024,
        ),
        EntityKind("visits", Topic.VISITS, visits.Visits, visits.fold, visits.VERSION),
        EntityKind(
            "answer",
            Topic.ANSWERS,
            answer.Answer,
            answer.fold,
            answer.VERSION,
            begun_by="survey.invited",
            fed_by=("survey.invited", "nps.answered"),
        ),
        EntityKind("pulse", Topic.ANSWERS, pulse.Pulse, pulse.fold, pulse.VERSION, fed_by=("pulse.published",)),
        EntityKind(
            "product",
            Topic.PRICES,
            product.Product,
            product.fold,
            product.VERSION,
            max_bytes=8 * 1024 * 1024,
        ),
        *_REFERENCE,
    )
}

NOTICE_KINDS: Mapping[str, NoticeKind] = {
    kind.name: kind
    for kind in (
        NoticeKind(
            "order_to_lead",
            sender="order",
            to="lead",
            topic=Topic.LEADS,
            model=Notice[order_notices.OrderSnapshot],
            told=order_notices.lead_notices,
            hear=lead.hear_order,
        ),
        NoticeKind(
            "order_to_customer",
            sender="order",
            to="customer",
            topic=Topic.CUSTOMERS,
            model=Notice[int],
            told=order_notices.customer_notices,
            hear=customer.hear_order,
        ),
        NoticeKind(
            "order_to_offer",
            sender="order",
            to="offer",
            topic=Topic.OFFERS,
            model=Notice[order_notices.OfferSale],
            told=order_notices.offer_notices,
            hear=offer.hear_order,
        ),
        NoticeKind(
            "answer_to_customer",
            sender="answer",
            to="customer",
            topic=Topic.CUSTOMERS,
            model=Notice[answer.Score],
            told=answer.customer_notices,
            hear=customer.hear_score,
        ),
        NoticeKind(
            "merged_into",
            sender="lead",
            to="lead",
            topic=Topic.LEADS,
            model=Notice[tuple[lead.LentHistory, ...]],
            told=lead.merge_notices,
            hear=lead.hear_merged,
        ),
    )
}

NOTICES_VERSION = 4

CONSUMED_TOPICS: tuple[Topic, ...] = tuple(dict.fromkeys(kind.topic for kind in ENTITY_KINDS.values()))


KIND_OF: Mapping[str, EntityKind] = {
    t.name: next(kind for kind in ENTITY_KINDS.values() if kind.is_fed_by(t))
    for t in EVENT_TYPES.values()
    if t.topic in CONSUMED_TOPICS
}
"""The kind of entity that an event of a type changes."""
