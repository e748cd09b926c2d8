"""Which events stand behind what, when each was heard and which were late: recomputed from all sendings at once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from services.common.events import EVENT_TYPES, Event
from services.kpi_stream.entities.kinds import KIND_OF
from tests.support.engine import Cell
from tests.support.events import PARIS
from tests.support.oracle import LeadView, OrderView
from tests.support.standing import Cells, day_of, group_events


class Told(NamedTuple):
    """An event, and when it was first heard, cut to whole seconds."""

    time: datetime
    type: str
    subject: str
    id: str
    revision: int
    received: datetime


SAID_OF: Mapping[str, Callable[[Event], Any]] = {
    "order.placed": lambda _: None,
    "order.returned": lambda event: event.data.return_id,
    "order.cancelled": lambda _: None,
    "lead.created": lambda _: None,
    "lead.assigned": lambda event: event.time,
    "lead.closed": lambda event: event.time,
    "lead.reopened": lambda event: event.time,
    "lead.merged": lambda _: None,
    "offer.made": lambda _: None,
    "offer.answered": lambda _: None,
    "customer.contacted": lambda event: event.data.contact_id,
    "customer.assigned": lambda event: event.data.campaign_id,
    "price.own": lambda event: day_of(event.time),
    "product.watched": lambda event: day_of(event.time),
    "price.observed": lambda event: (event.data.pair_id, day_of(event.time)),
}
"""What of its entity an event is about: of several about the same one stands."""


def rank(event: Event) -> tuple[Any, ...]:
    """The greatest stands: mostly the last revision, of a price the last of its day, of draws the first."""
    revision = float("inf") if event.data.revision is None else event.data.revision
    if event.type == "customer.assigned":
        return -event.time.timestamp(), revision, event.id, event.digest
    if EVENT_TYPES[event.type].topic.value.endswith("prices"):
        return event.time, revision, event.id, event.digest
    return revision, event.time, event.id, event.digest


Name = tuple[str, str]
"""Kind and id of an entity."""


def told_of(sendings: Iterable[Event]) -> dict[Name, list[Told]]:
    """What stands of each entity, by time."""
    about: dict[tuple[str, str, str, Any], list[Event]] = defaultdict(list)
    for event in sendings:
        if event.type in SAID_OF:
            key = (KIND_OF[event.type].name, event.subject, event.type, SAID_OF[event.type](event))
            about[key].append(event)
    found: dict[Name, list[Told]] = defaultdict(list)
    for (kind, subject, event_type, _), own in about.items():
        stands = max(own, key=rank)
        received = min(event.receivedat for event in own if rank(event) == rank(stands))
        told = Told(
            stands.time, event_type, subject, stands.id, stands.data.revision or 0, received.replace(microsecond=0)
        )
        found[kind, subject].append(told)
    return {name: sorted(own) for name, own in found.items()}


class Behind(NamedTuple):
    """An entity behind numbers: its own cells, and all that was told of it and of those who told it something."""

    cells: Cells
    told: list[Told]


def orders_behind(sendings: Iterable[Event]) -> dict[str, Behind]:
    """Every order, by itself."""
    events = list(sendings)
    by_type, told = group_events(events), told_of(events)
    return {
        name: Behind(_cells_of_order(OrderView(name, by_type)), own)
        for (kind, name), own in told.items()
        if kind == "order"
    }


def leads_behind(sendings: Iterable[Event]) -> dict[str, Behind]:
    """Every lead, with the orders that name it, the leads merged into it and their orders."""
    events = list(sendings)
    by_type, told = group_events(events), told_of(events)
    orders = {name: OrderView(name, by_type) for kind, name in told if kind == "order"}
    views = {name: LeadView(name, by_type, orders) for kind, name in told if kind == "lead"}
    found = {}
    for name, view in views.items():
        sources = {("lead", each.name) for each in (view, *view.lenders(views))}
        sources |= {("order", order.name) for each in (view, *view.lenders(views)) for order in each.orders}
        cells: Cells = defaultdict(int)
        view.add_to(cells, views)
        found[name] = Behind(cells, sorted(each for source in sources for each in told[source]))
    return found


def _cells_of_order(order: OrderView) -> Cells:
    cells: Cells = defaultdict(int)
    order.add_to(cells)
    return cells


class Window(NamedTuple):
    """Days, both included, of a member of a cut, told by some measures; and the time in which a number settles."""

    first: date
    last: date
    cut: str
    member: str
    measures: frozenset[str]
    settles: timedelta


def is_asked_for(cell: Cell, window: Window) -> bool:
    """Is it a cell of the window's numbers, whoever's?"""
    return cell.measure in window.measures and window.first <= cell.day <= window.last


def counting_on(behind: Behind, window: Window, *, whoever: bool) -> set[date]:
    """The days of the window on which an entity counts, for the member or for anyone."""
    return {
        cell.day
        for cell, value in behind.cells.items()
        if value and is_asked_for(cell, window) and (whoever or (cell.cut, cell.member) == (window.cut, window.member))
    }


def late(entities: Mapping[str, Behind], window: Window) -> dict[str, list[Told]]:
    """By entity that counts for the member, the late corrections of the window's numbers."""
    first_shown: dict[date, datetime] = {}
    for behind in entities.values():
        for day in counting_on(behind, window, whoever=True):
            for each in behind.told:
                if day_of(each.time) <= day:
                    first_shown[day] = min(each.received, first_shown.get(day, each.received))
    found = {}
    for name, behind in entities.items():
        days = counting_on(behind, window, whoever=False)
        if days:
            found[name] = [
                each for each in behind.told if any(_is_late(each, day, first_shown, window) for day in days)
            ]
    return found


def _is_late(told: Told, day: date, first_shown: Mapping[date, datetime], window: Window) -> bool:
    closed = datetime(day.year, day.month, day.day, tzinfo=PARIS) + timedelta(days=1)
    return day_of(told.time) <= day and told.received > max(closed, first_shown[day]) + window.settles
