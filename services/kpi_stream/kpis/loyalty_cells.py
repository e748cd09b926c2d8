"""What a customer adds to cells: orders that follow one another, spells by landmark, draws of campaigns, scores.

A day on which something is over may lie ahead: a spell is added to the day on which it will count. No window reaches
there before the day has come.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.kpi_stream.declared import Declared, LoyaltyDays
from services.kpi_stream.entities.customer import Contact, Customer
from services.kpi_stream.measures import ALL as EVERYONE
from services.kpi_stream.measures import BY_DAY, DAILY, NOW, Fact, MeasureGroup, Member, date_of, day_at, noon_of

ORDERS = MeasureGroup("customer_orders", ("valid_orders",), DAILY)
REPEATS = MeasureGroup("repeats", ("previous", "one_before"), (BY_DAY,))
"""Orders by the days of the customer's two orders before them, under the day of the order itself (the cut `day`): of
orders in [a, b] those whose previous one lies in [a, b] are no customer's first there. So customers of any days can be
counted exactly, each once, without keeping who they are."""
SPELLS = MeasureGroup("spells", ("contacted", "contacted_returned", "others", "others_returned", "out"), DAILY)
DRAWS = MeasureGroup("draws", ("drawn_contact", "drawn_holdout", "reached_contact", "reached_holdout"), DAILY)
"""By the day of the draw."""
OUTCOMES = MeasureGroup("draw_outcomes", ("contact", "contact_returned", "holdout", "holdout_returned"), DAILY)
"""By the day on which the draw's time is over."""
SCORES_OF_CONTACTED = MeasureGroup("scores_of_contacted", tuple(f"contacted_s{score}" for score in range(11)), DAILY)
SCORES_OF_OTHERS = MeasureGroup("scores_of_others", tuple(f"other_s{score}" for score in range(11)), DAILY)
CROWDS = MeasureGroup("crowds", ("crowds",), (NOW,))

ORDER_DAY = "day"


class Dated(NamedTuple):
    """When something happened: microseconds since 1970, and the business day."""

    at: int
    day: int


class Contacted(NamedTuple):
    """A contact, and when."""

    at: int
    day: int
    contact: Contact


class History(NamedTuple):
    """A customer's valid orders and contacts, by time; orders of the same instant by name."""

    orders: Sequence[Dated]
    contacts: Sequence[Contacted]

    def has_order(self, first_day: int, last_day: int, *, after: int = 0) -> bool:
        """Is there an order on some days, both included, and later than an instant?"""
        later = bisect_right(self.orders, after, key=lambda order: order.at)
        at = bisect_left(self.orders, first_day, lo=later, key=lambda order: order.day)
        return at < len(self.orders) and self.orders[at].day <= last_day


def contributions(customer_id: str, customer: Customer, declared: Declared) -> Iterator[Fact]:  # noqa: ARG001
    """All that a customer adds."""
    if customer.is_crowd:
        yield Fact(CROWDS, 0, (EVERYONE,), (1,))
        return
    zone, days = declared.zone, declared.loyalty
    history = _history(customer, zone)
    if history.orders:
        yield from _repeats(history.orders, zone)
        yield from _spells(history, zone, days)
    if customer.assigned:
        yield from _draws(customer, history, zone, days)
    if customer.scores:
        yield from _scores(customer, history, zone, days)


def _history(customer: Customer, zone: ZoneInfo) -> History:
    placed = sorted((heard.content, name) for name, heard in customer.orders.items() if heard.content is not None)
    said = sorted((contact.at, contact_id, contact.value) for contact_id, contact in customer.contacts.items())
    return History(
        [Dated(at, day_at(at // 1_000_000, zone)) for at, _ in placed],
        [Contacted(at, day_at(at // 1_000_000, zone), contact) for at, _, contact in said],
    )


def _repeats(orders: Sequence[Dated], zone: ZoneInfo) -> Iterator[Fact]:
    """Every order on its day, and under it the days of the two before."""
    for n, order in enumerate(orders):
        yield _order_on(order.day, zone)
        if n >= 1:
            yield _before(orders[n - 1].day, order.day, (1, 0), zone)
        if n >= 2:
            yield _before(orders[n - 2].day, order.day, (0, 1), zone)


@lru_cache(maxsize=4096)
def _order_on(day: int, zone: ZoneInfo) -> Fact:
    return Fact(ORDERS, noon_of(day, zone), (EVERYONE,), (1,))


@lru_cache(maxsize=65536)
def _before(earlier: int, day: int, values: tuple[int, int], zone: ZoneInfo) -> Fact:
    return Fact(REPEATS, noon_of(earlier, zone), ((ORDER_DAY, date_of(day).isoformat()),), values)


def _spells(history: History, zone: ZoneInfo, days: LoyaltyDays) -> Iterator[Fact]:
    """An order opens a spell, and none other does until it counts: whoever was contacted until the landmark is set
    beside whoever was not, and both are followed from there alone.

    Otherwise those who came back late, and so had longer to be contacted, would seem to come back for being contacted.
    Source: J. R. Anderson, K. C. Cain, R. D. Gelber, "Analysis of survival by tumor response", Journal of Clinical
    Oncology 1 (1983).
    """
    counts_after = days.landmark + days.follow_up + 1
    n = 0
    while n < len(history.orders):
        opened = history.orders[n]
        yield _spell(history, n, zone, days)
        n = bisect_left(history.orders, opened.day + counts_after, lo=n + 1, key=lambda order: order.day)


def _spell(history: History, n: int, zone: ZoneInfo, days: LoyaltyDays) -> Fact:
    """The spell that the n-th order opens. Who buys again before the landmark is out: both groups begin there."""
    opened = history.orders[n]
    landmark = opened.day + days.landmark
    last_day = landmark + days.follow_up
    at = noon_of(last_day + 1, zone)
    if n + 1 < len(history.orders) and history.orders[n + 1].day <= landmark:
        return Fact(SPELLS, at, (EVERYONE,), (0, 0, 0, 0, 1))
    returned = int(history.has_order(landmark + 1, last_day))
    contacts = [own.contact for own in history.contacts if own.at > opened.at and own.day <= landmark]
    if not contacts:
        return Fact(SPELLS, at, (EVERYONE,), (0, 0, 1, returned, 0))
    return Fact(SPELLS, at, (EVERYONE, *_members(contacts)), (1, returned, 0, 0, 0))


def _members(contacts: Sequence[Contact]) -> list[Member]:
    """How, in which campaigns and by whom: each once."""
    named = (
        (cut, member)
        for contact in contacts
        for cut, member in (("medium", contact.medium), ("campaign", contact.campaign), ("rep", contact.rep))
        if member is not None
    )
    return list(dict.fromkeys(named))


def _draws(customer: Customer, history: History, zone: ZoneInfo, days: LoyaltyDays) -> Iterator[Fact]:
    """Whom a campaign drew: whether its contacts reached them, and once their time is over whether they came back."""
    for campaign, draw in customer.assigned.items():
        day, members = day_at(draw.at // 1_000_000, zone), (("campaign", campaign),)
        last_day = day + days.follow_up
        reached = any(
            own.contact.campaign == campaign and own.at >= draw.at and own.day <= last_day for own in history.contacts
        )
        returned = history.has_order(day, last_day, after=draw.at)
        contact = int(draw.group == "contact")
        holdout = 1 - contact
        yield Fact(DRAWS, noon_of(day, zone), members, (contact, holdout, contact * reached, holdout * reached))
        yield Fact(
            OUTCOMES,
            noon_of(last_day + 1, zone),
            members,
            (contact, contact * returned, holdout, holdout * returned),
        )


def _scores(customer: Customer, history: History, zone: ZoneInfo, days: LoyaltyDays) -> Iterator[Fact]:
    """Each score, with those of customers who had been contacted or with the others'."""
    for heard in customer.scores.values():
        if heard.content is None:
            continue
        given = Dated(heard.content.at, day_at(heard.content.at // 1_000_000, zone))
        contacted = any(own.at < given.at and own.day >= given.day - days.contacted for own in history.contacts)
        group = SCORES_OF_CONTACTED if contacted else SCORES_OF_OTHERS
        values = tuple(int(score == heard.content.score) for score in range(11))
        yield Fact(group, noon_of(given.day, zone), (EVERYONE,), values)
