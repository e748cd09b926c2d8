"""What a customer adds to cells: orders that follow one another, spells by landmark, draws of campaigns, scores.

A day on which something is over may lie ahead: a spell is added to the day on which it will count. What is read ends
with today (`loyalty.py`).
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
SPELLS = MeasureGroup("spells", ("contacted", "contacted_came_back", "others", "others_came_back", "out"), DAILY)
DRAWS = MeasureGroup("draws", ("drawn_contact", "drawn_holdout"), DAILY)
"""By the day of the draw."""
OUTCOMES = MeasureGroup(
    "draw_outcomes",
    tuple(f"due_{group}{what}" for group in ("contact", "holdout") for what in ("", "_reached", "_came_back")),
    DAILY,
)
"""By the day on which the draw's time is over: those drawn, whom the campaign contacted, and who came back."""
SCORES_OF_CONTACTED = MeasureGroup("scores_of_contacted", tuple(f"contacted_s{score}" for score in range(11)), DAILY)
SCORES_OF_OTHERS = MeasureGroup("scores_of_others", tuple(f"other_s{score}" for score in range(11)), DAILY)
CROWDS = MeasureGroup("crowds", ("crowds",), (NOW,))

ORDER_DAY = "day"


class History(NamedTuple):
    """A customer's valid orders and contacts, by time: when (microseconds since 1970) and on which business day.

    Those of the same instant come in the order of their names.
    """

    orders: Sequence[int]
    order_days: Sequence[int]
    contacts: Sequence[int]
    contact_days: Sequence[int]
    contacted: Sequence[Contact]

    def has_order_on(self, first_day: int, last_day: int) -> bool:
        """Is there an order on some days, both included?"""
        first = bisect_left(self.order_days, first_day)
        return first < len(self.order_days) and self.order_days[first] <= last_day

    def has_order_since(self, instant: int, last_day: int) -> bool:
        """Is there an order later than an instant, up to a day?"""
        first = bisect_right(self.orders, instant)
        return first < len(self.order_days) and self.order_days[first] <= last_day

    def contacts_since(self, instant: int, last_day: int) -> Sequence[Contact]:
        """The contacts later than an instant, up to a day."""
        return self.contacted[bisect_right(self.contacts, instant) : bisect_right(self.contact_days, last_day)]

    def was_contacted_before(self, instant: int, first_day: int) -> bool:
        """Is there a contact earlier than an instant, on a day or later?"""
        last = bisect_left(self.contacts, instant) - 1
        return last >= 0 and self.contact_days[last] >= first_day


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
    said = sorted([(contact.at, name) for name, contact in customer.contacts.items()])
    orders, contacts = [at for at, _ in placed], [at for at, _ in said]
    return History(
        orders,
        [day_at(at // 1_000_000, zone) for at in orders],
        contacts,
        [day_at(at // 1_000_000, zone) for at in contacts],
        [customer.contacts[name].value for _, name in said],
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
    came_back = int(history.has_order_on(landmark + 1, last_day))
    contacts = history.contacts_since(opened, landmark)
    if not contacts:
        return _of_spell(last_day + 1, (), (0, 0, 1, came_back, 0), zone)
    return _of_spell(last_day + 1, _members(contacts), (1, came_back, 0, 0, 0), zone)


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
    """Whom a campaign drew; and once their time is over, whether it contacted them and whether they came back."""
    contacts = _by_campaign(history)
    for campaign, draw in customer.assigned.items():
        drawn_on, members = day_at(draw.at // 1_000_000, zone), (("campaign", campaign),)
        last_day = drawn_on + days.follow_up
        own = contacts.get(campaign, _NEVER)
        first = bisect_left(own.at, draw.at)
        reached = int(first < len(own.days) and own.days[first] <= last_day)
        outcome = (1, reached, int(history.has_order_since(draw.at, last_day)))
        nothing = (0, 0, 0)
        is_contact = draw.group == "contact"
        yield Fact(DRAWS, noon_of(drawn_on, zone), members, (1, 0) if is_contact else (0, 1))
        values = (*outcome, *nothing) if is_contact else (*nothing, *outcome)
        yield Fact(OUTCOMES, noon_of(last_day + 1, zone), members, values)


class _Times(NamedTuple):
    """When something happened, in its order: microseconds since 1970, and business days."""

    at: list[int]
    days: list[int]


_NEVER = _Times([], [])


def _by_campaign(history: History) -> dict[str, _Times]:
    """The contacts that campaigns made."""
    found: dict[str, _Times] = {}
    for at, day, contact in zip(history.contacts, history.contact_days, history.contacted, strict=True):
        if contact.campaign is not None:
            own = found.setdefault(contact.campaign, _Times([], []))
            own.at.append(at)
            own.days.append(day)
    return found


def _scores(customer: Customer, history: History, zone: ZoneInfo, days: LoyaltyDays) -> Iterator[Fact]:
    """Each score, with those of customers who had been contacted or with the others'."""
    for heard in customer.scores.values():
        if heard.content is None:
            continue
        given, score = heard.content.at, heard.content.score
        given_on = day_at(given // 1_000_000, zone)
        contacted = history.was_contacted_before(given, given_on - days.contacted)
        group = SCORES_OF_CONTACTED if contacted else SCORES_OF_OTHERS
        yield Fact(group, noon_of(given_on, zone), (EVERYONE,), tuple(int(own == score) for own in range(11)))
