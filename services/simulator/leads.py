"""Leads: where they come from, who takes them, and what becomes of them in the days after."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from services.simulator.company import LEADS_PER_DAY, REPS, SOURCES, Rep, Shop, Source, season
from services.simulator.customers import someone
from services.simulator.orders import order

if TYPE_CHECKING:
    from services.simulator.plan import Day, Happening

PHONE = Shop("phone", None, None, 0, 0)
INVALID, MERGED, LOST, REOPENED = 0.04, 0.02, 0.5, 0.04


def leads_of_day(made: "Day") -> "Iterator[Happening]":
    """The leads created on a day, and what becomes of them."""
    weekend = 0.3 if made.day.weekday() >= 5 or made.closed else 1.0
    expected = LEADS_PER_DAY * season(made.day, made.today) ** 0.5 * weekend
    for _ in range(max(0, round(made.random.gauss(expected, expected**0.5)))):
        yield from _lead(made)


def _lead(made: "Day") -> "Iterator[Happening]":
    random, lead_id = made.random, made.name("L")
    source = random.choices(SOURCES, [s.share for s in SOURCES])[0]
    rep = random.choice(REPS)
    created = made.instant(random.triangular(8, 20, 11))
    taken_at_once = random.random() < 0.7
    data = {
        "rep_id": rep.id if taken_at_once else None,
        "source": source.name,
        "kind": random.choices(("lead", "opportunity"), (70, 30))[0],
        "amount_minor": 100 * random.randrange(50, 600),
        "currency": "EUR",
        "region": rep.region,
    }
    yield from made.happen("lead.created", lead_id, created, data)
    if not taken_at_once:
        yield from made.happen("lead.assigned", lead_id, created + _hours(made, 3), {"rep_id": rep.id})
    fate = random.random()
    if fate < INVALID:
        yield from made.happen(
            "lead.closed", lead_id, created + _hours(made, 30), {"outcome": "invalid", "reason": "a test"}
        )
    elif fate < INVALID + MERGED and made.count("L") > 1:
        twin = f"L-{made.day:%y%m%d}-{random.randrange(1, made.count('L'))}"  # one of those before it
        yield from made.happen("lead.merged", lead_id, created + _hours(made, 20), {"into_lead_id": twin})
    elif random.random() < source.won * rep.skill:
        yield from _won(made, lead_id, rep, created)
    elif random.random() < LOST:
        yield from _lost(made, lead_id, rep, source, created)


def _won(made: "Day", lead_id: str, rep: Rep, created: datetime) -> "Iterator[Happening]":
    """An order by telephone some days later; the rep closes the lead as well, or forgets to."""
    random = made.random
    when = (created + timedelta(days=min(300.0, random.lognormvariate(2.3, 0.9)))).replace(microsecond=0)
    shop = PHONE._replace(region=rep.region)
    customer = someone(random, made.hundreds)
    yield from order(made, shop, when, customer=customer, rep=rep.id, lead=lead_id)
    if random.random() < 0.8:
        yield from made.happen("lead.closed", lead_id, when + _hours(made, 5), {"outcome": "won", "rep_id": rep.id})


def _lost(made: "Day", lead_id: str, rep: Rep, source: Source, created: datetime) -> "Iterator[Happening]":
    random = made.random
    when = (created + timedelta(days=random.lognormvariate(2.6, 0.8))).replace(microsecond=0)
    reason = "too dear" if source.name == "advertising" else random.choice(("no answer", "went elsewhere", "too dear"))
    yield from made.happen("lead.closed", lead_id, when, {"outcome": "lost", "rep_id": rep.id, "reason": reason})
    if random.random() < REOPENED:
        yield from made.happen("lead.reopened", lead_id, when + timedelta(days=7), {"reason": "called back"})


def _hours(made: "Day", most: float) -> timedelta:
    return timedelta(minutes=made.random.randint(5, round(most * 60)))
