"""The customer: the orders they placed, how they were contacted, what they were drawn into, how they scored us.

Fed by `customer.contacted` and `customer.assigned`, by the orders and by the answers that name them.
"""

from collections.abc import Mapping, Sized
from zoneinfo import ZoneInfo

import msgspec

from services.common.events import Event
from services.common.events.customers import CustomerAssigned, CustomerContacted
from services.kpi_stream.entities.answer import Score
from services.kpi_stream.entities.notices import MOST, Heard, Notice, hear
from services.kpi_stream.entities.statements import Stated, delay_of, rank_of, stands_above, stated, with_statement

VERSION = 2


class Contact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How someone was contacted, in which campaign and by whom."""

    medium: str
    campaign: str | None
    rep: str | None


class Assignment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a campaign drew a customer into. `rank` is that of its statement, the earliest being the greatest; `delay`
    is how long after that it was heard, as in `Stated`."""

    rank: tuple[int, int, str, bytes]
    group: str
    delay: int

    @property
    def at(self) -> int:
        """Since when, in microseconds since 1970."""
        return -self.rank[0]


class Customer(msgspec.Struct, frozen=True, array_like=True):
    """A customer as events and notices, in whatever order, have made them.

    `orders`: by order, when it was placed (microseconds since 1970), if it is living. `is_crowd`: it is no one person
    but many, as where a till sends one number for whoever has none; then nothing else is kept of it, and it counts
    nowhere.
    """

    orders: Mapping[str, Heard[int]] = {}
    contacts: Mapping[str, Stated[Contact]] = {}
    assigned: Mapping[str, Assignment] = {}
    scores: Mapping[str, Heard[Score]] = {}
    is_crowd: bool = False


CROWD = Customer(is_crowd=True)


def fold(customer: Customer, event: Event, zone: ZoneInfo) -> Customer:  # noqa: ARG001
    """The customer, one event taken in."""
    if customer.is_crowd:
        return customer
    match event.data:
        case CustomerContacted() as data:
            contact = Contact(data.medium, data.campaign_id, data.rep_id)
            contacts = with_statement(customer.contacts, data.contact_id, stated(event, contact))
            return _unless_crowd(contacts, msgspec.structs.replace(customer, contacts=contacts))
        case CustomerAssigned() as data:
            assigned = _with_earliest(customer.assigned, data.campaign_id, _assignment(event, data))
            return _unless_crowd(assigned, msgspec.structs.replace(customer, assigned=assigned))
    raise TypeError(f"a customer has no {event.type}")


def hear_order(customer: Customer, notice: Notice[int], zone: ZoneInfo) -> Customer:  # noqa: ARG001
    """The customer, told by an order that it is theirs, or no longer."""
    if customer.is_crowd:
        return customer
    orders = hear(customer.orders, notice)
    if orders is customer.orders:
        return customer
    return _unless_crowd(orders, Customer(orders, customer.contacts, customer.assigned, customer.scores))


def hear_score(customer: Customer, notice: Notice[Score], zone: ZoneInfo) -> Customer:  # noqa: ARG001
    """The customer, told by an answer what they scored."""
    if customer.is_crowd:
        return customer
    scores = hear(customer.scores, notice)
    return _unless_crowd(scores, msgspec.structs.replace(customer, scores=scores))


def _unless_crowd(grown: Sized, customer: Customer) -> Customer:
    """Each of what is kept only grows: see `MOST`."""
    return CROWD if len(grown) > MOST else customer


def _assignment(event: Event, data: CustomerAssigned) -> Assignment:
    revision, at, event_id, digest = rank_of(event)
    return Assignment((-at, revision, event_id, digest), data.group, delay_of(event, at))


def _with_earliest(known: Mapping[str, Assignment], campaign: str, said: Assignment) -> Mapping[str, Assignment]:
    """The assignments, one more taken in: the earliest of a campaign stands; at the same instant the greater rank."""
    before = known.get(campaign)
    return {**known, campaign: said} if before is None or stands_above(said, before) else known
