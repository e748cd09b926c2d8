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


class History(NamedTuple):
    """A customer's valid orders and contacts, by time: when (microseconds since 1970) and on which business day.

    Orders of the same instant come in the order of their names.
    """

    orders: Sequence[int]
    order_days: Sequence[int]
    contacts: Sequence[tuple[int, int, Contact]]

    def has_order(self, first_day: int, last_day: int, *, after: int = 0) -> bool:
        """Is there an order on some days, both included, and later than an instant?"""
        first = bisect_left(self.order_days, first_day, lo=bisect_right(self.orders, after) if after else 0)
        return first < len(self.order_days) and self.order_days[first] <= last_day


def contributions(customer_id: str, customer: Customer, declared: Declared) -> list[Fact]:  # noqa: ARG001
    """All that a customer adds, by time as far as it can: so that what a new order leaves alone comes first."""
    if customer.is_crowd:
        return [Fact(CROWDS, 0, (EVERYONE,), (1,))]
    zone, days = declared.zone, declared.loyalty
    history = _history(customer, zone)
    facts: list[Fact] = []
    if history.orders:
        facts += _repeats(history.order_days, zone)
        facts += _spells(history, zone, days)
    if customer.assigned:
        facts += _draws(customer, history, zone, days)
    if customer.scores:
        facts += _scores(customer, history, zone, days)
    return facts


def _history(customer: Customer, zone: ZoneInfo) -> History:
    placed = sorted([(heard.content, name) for name, heard in customer.orders.items() if heard.content is not None])
    orders = [at for at, _ in placed]
    said = sorted([(contact.at, name, contact.value) for name, contact in customer.contacts.items()])
    return History(
        orders,
        [day_at(at // 1_000_000, zone) for at in orders],
        [(at, day_at(at // 1_000_000, zone), contact) for at, _, contact in said],
    )


def _repeats(days: Sequence[int], zone: ZoneInfo) -> list[Fact]:
    """Every order on its day, and under it the days of the two before."""
    facts = []
    for n, day in enumerate(days):
        facts.append(_of_order(day, zone))
        if n >= 1:
            facts.append(_before(days[n - 1], day, (1, 0), zone))
        if n >= 2:
            facts.append(_before(days[n - 2], day, (0, 1), zone))
    return facts


@lru_cache(maxsize=4096)
def _of_order(day: int, zone: ZoneInfo) -> Fact:
    return Fact(ORDERS, noon_of(day, zone), (EVERYONE,), (1,))


@lru_cache(maxsize=65536)
def _before(earlier: int, day: int, values: tuple[int, int], zone: ZoneInfo) -> Fact:
    return Fact(REPEATS, noon_of(earlier, zone), ((ORDER_DAY, date_of(day).isoformat()),), values)


def _spells(history: History, zone: ZoneInfo, days: LoyaltyDays) -> list[Fact]:
    """An order opens a spell, and none other does until it counts: whoever was contacted until the landmark is set
    beside whoever was not, and both are followed from there alone.

    Otherwise those who came back late, and so had longer to be contacted, would seem to come back for being contacted.
    Source: J. R. Anderson, K. C. Cain, R. D. Gelber, "Analysis of survival by tumor response", Journal of Clinical
    Oncology 1 (1983).
    """
    counts_after = days.landmark + days.follow_up + 1
    facts, n = [], 0
    while n < len(history.orders):
        facts.append(_spell(history, n, zone, days))
        n = bisect_left(history.order_days, history.order_days[n] + counts_after, lo=n + 1)
    return facts


def _spell(history: History, n: int, zone: ZoneInfo, days: LoyaltyDays) -> Fact:
    """The spell that the n-th order opens. Who buys again before the landmark is out: both groups begin there."""
    opened, opened_on = history.orders[n], history.order_days[n]
    landmark = opened_on + days.landmark
    last_day = landmark + days.follow_up
    if n + 1 < len(history.orders) and history.order_days[n + 1] <= landmark:
        return _of_spell(last_day + 1, (), (0, 0, 0, 0, 1), zone)
    returned = int(history.has_order(landmark + 1, last_day))
    contacts = [contact for at, day, contact in history.contacts if at > opened and day <= landmark]
    if not contacts:
        return _of_spell(last_day + 1, (), (0, 0, 1, returned, 0), zone)
    return _of_spell(last_day + 1, _members(contacts), (1, returned, 0, 0, 0), zone)


@lru_cache(maxsize=65536)
def _of_spell(counts_on: int, members: tuple[Member, ...], values: tuple[int, ...], zone: ZoneInfo) -> Fact:
    return Fact(SPELLS, noon_of(counts_on, zone), (EVERYONE, *members), values)


def _members(contacts: Sequence[Contact]) -> tuple[Member, ...]:
    """How, in which campaigns and by whom: each once."""
    named = (
        (cut, member)
        for contact in contacts
        for cut, member in (("medium", contact.medium), ("campaign", contact.campaign), ("rep", contact.rep))
        if member is not None
    )
    return tuple(dict.fromkeys(named))


def _draws(customer: Customer, history: History, zone: ZoneInfo, days: LoyaltyDays) -> Iterator[Fact]:
    """Whom a campaign drew: whether its contacts reached them, and once their time is over whether they came back."""
    for campaign, draw in customer.assigned.items():
        drawn_on, members = day_at(draw.at // 1_000_000, zone), (("campaign", campaign),)
        last_day = drawn_on + days.follow_up
        reached = any(
            contact.campaign == campaign and at >= draw.at and day <= last_day for at, day, contact in history.contacts
        )
        returned = history.has_order(drawn_on, last_day, after=draw.at)
        contact = int(draw.group == "contact")
        holdout = 1 - contact
        drawn = (contact, holdout, contact * reached, holdout * reached)
        outcome = (contact, contact * returned, holdout, holdout * returned)
        yield Fact(DRAWS, noon_of(drawn_on, zone), members, drawn)
        yield Fact(OUTCOMES, noon_of(last_day + 1, zone), members, outcome)


def _scores(customer: Customer, history: History, zone: ZoneInfo, days: LoyaltyDays) -> Iterator[Fact]:
    """Each score, with those of customers who had been contacted or with the others'."""
    for heard in customer.scores.values():
        if heard.content is None:
            continue
        given, score = heard.content.at, heard.content.score
        given_on = day_at(given // 1_000_000, zone)
        contacted = any(at < given and day >= given_on - days.contacted for at, day, _ in history.contacts)
        group = SCORES_OF_CONTACTED if contacted else SCORES_OF_OTHERS
        yield Fact(group, noon_of(given_on, zone), (EVERYONE,), tuple(int(own == score) for own in range(11)))
