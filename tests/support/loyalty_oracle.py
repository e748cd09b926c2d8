"""The cells of loyalty recomputed customer by customer, looked up from all events.

Written to be read beside docs/kpis.md: an order after the other, a spell after the other, a draw after the other.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from services.common.events import Event
from tests.support.engine import Cell
from tests.support.standing import Cells, EventsByType, day_of, latest

if TYPE_CHECKING:
    from tests.support.oracle import OrderView

LANDMARK, FOLLOW_UP, CONTACTED = timedelta(days=14), timedelta(days=90), timedelta(days=90)
DAY = timedelta(days=1)
MOST = 10_000
"""Whom more orders, contacts, assignments or answers name is no one person."""


class Valid(NamedTuple):
    """A valid order: by its time, then its id."""

    time: datetime
    name: str

    @property
    def day(self) -> date:
        return day_of(self.time)


class Customer(NamedTuple):
    """All that stands of a customer; orders in their order."""

    orders: list[Valid]
    contacts: list[Event]
    draws: list[Event]
    answers: list[Event]


def add_customers(cells: Cells, by_type: EventsByType, orders: Mapping[str, "OrderView"]) -> None:
    for name in names(by_type):
        if is_crowd(name, by_type):
            continue
        customer = customer_of(name, by_type, orders)
        add_orders(cells, customer)
        add_spells(cells, customer)
        add_draws(cells, customer)
        add_scores(cells, customer)


def names(by_type: EventsByType) -> set[str]:
    """Everybody of whom anything was ever said."""
    said = {*by_type["customer.contacted"], *by_type["customer.assigned"]}
    for kind in ("order.placed", "nps.answered"):
        said |= {event.data.customer_id for events in by_type[kind].values() for event in events}
    return said - {None}


def is_crowd(name: str, by_type: EventsByType) -> bool:
    contacts = {event.data.contact_id for event in by_type["customer.contacted"][name]}
    campaigns = {event.data.campaign_id for event in by_type["customer.assigned"][name]}
    naming = [ever_naming(name, by_type[kind]) for kind in ("order.placed", "nps.answered")]
    return any(len(each) > MOST for each in (contacts, campaigns, *naming))


def ever_naming(name: str, by_subject: Mapping[str, list[Event]]) -> set[str]:
    """The orders or answers of which any statement, standing or not, names the customer."""
    return {subject for subject, own in by_subject.items() if any(each.data.customer_id == name for each in own)}


def customer_of(name: str, by_type: EventsByType, orders: Mapping[str, "OrderView"]) -> Customer:
    living = [order for order in orders.values() if order.living and order.placed.data.customer_id == name]
    answers = [found for own in by_type["nps.answered"].values() if (found := latest(own))]
    return Customer(
        sorted(Valid(order.placed.time, order.name) for order in living),
        list(standing_contacts(by_type["customer.contacted"][name])),
        list(earliest_draws(by_type["customer.assigned"][name])),
        [answer for answer in answers if answer.data.customer_id == name],
    )


def standing_contacts(events: list[Event]) -> Iterator[Event]:
    by_contact: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_contact[event.data.contact_id].append(event)
    for own in by_contact.values():
        if found := latest(own):
            yield found


def earliest_draws(events: list[Event]) -> Iterator[Event]:
    by_campaign: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_campaign[event.data.campaign_id].append(event)
    for own in by_campaign.values():
        first = min(event.time for event in own)
        if found := latest(event for event in own if event.time == first):
            yield found


def add_orders(cells: Cells, customer: Customer) -> None:
    """Each order on its day, and on the days of the two before it that it is one more."""
    for i, order in enumerate(customer.orders):
        cells[Cell("valid_orders", "", "all", "", order.day)] += 1
        if i >= 1:
            cells[Cell("previous", "", "day", order.day.isoformat(), customer.orders[i - 1].day)] += 1
        if i >= 2:
            cells[Cell("one_before", "", "day", order.day.isoformat(), customer.orders[i - 2].day)] += 1


def add_spells(cells: Cells, customer: Customer) -> None:
    none_opens_until = date.min
    for opening in customer.orders:
        if opening.day < none_opens_until:
            continue
        landmark = opening.day + LANDMARK
        told_on = none_opens_until = landmark + FOLLOW_UP + DAY
        later = [order for order in customer.orders if order > opening]
        if any(order.day <= landmark for order in later):
            cells[Cell("out", "", "all", "", told_on)] += 1
            continue
        contacts = [each for each in customer.contacts if opening.time < each.time and day_of(each.time) <= landmark]
        came_back = any(landmark < order.day <= landmark + FOLLOW_UP for order in later)
        group = "contacted" if contacts else "others"
        for cut, member in {("all", ""), *(place for each in contacts for place in places(each))}:
            cells[Cell(group, "", cut, member, told_on)] += 1
            cells[Cell(f"{group}_came_back", "", cut, member, told_on)] += came_back


def places(contact: Event) -> list[tuple[str, str]]:
    """By whom or what a contact was made, as far as it says so."""
    data = contact.data
    found = [("medium", data.medium), ("campaign", data.campaign_id), ("rep", data.rep_id)]
    return [(cut, member) for cut, member in found if member is not None]


def add_draws(cells: Cells, customer: Customer) -> None:
    for draw in customer.draws:
        drawn_on, campaign, group = day_of(draw.time), draw.data.campaign_id, draw.data.group
        last = drawn_on + FOLLOW_UP
        contacts = [each for each in customer.contacts if each.data.campaign_id == campaign]
        is_reached = any(draw.time <= each.time and day_of(each.time) <= last for each in contacts)
        came_back = any(draw.time < order.time and order.day <= last for order in customer.orders)
        cells[Cell(f"drawn_{group}", "", "campaign", campaign, drawn_on)] += 1
        cells[Cell(f"due_{group}", "", "campaign", campaign, last + DAY)] += 1
        cells[Cell(f"due_{group}_reached", "", "campaign", campaign, last + DAY)] += is_reached
        cells[Cell(f"due_{group}_came_back", "", "campaign", campaign, last + DAY)] += came_back


def add_scores(cells: Cells, customer: Customer) -> None:
    for answer in customer.answers:
        answered_on = day_of(answer.time)
        times = [each.time for each in customer.contacts if each.time < answer.time]
        was_contacted = any(day_of(time) >= answered_on - CONTACTED for time in times)
        group = "contacted" if was_contacted else "other"
        cells[Cell(f"{group}_s{answer.data.score}", "", "all", "", answered_on)] += 1
