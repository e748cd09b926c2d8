"""What happens to a few leads and orders that know each other, to some answers and prices: a block of its own each.

Nothing in a block names anything of another, so that blocks can be recomputed one by one and added up.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from tests.faults.sender import CloudEvent
from tests.support.events import cloud_event, line

LEADS, ORDERS, ANSWERS, PRODUCTS = 12, 12, 6, 2
REPS = ["ana", "bob", "cyd", "unassigned"]
CHANNELS = ["online", "store", "phone"]
REGIONS = ["north", "south/east", "west"]
COMPETITORS = ["acme", "bolt"]
SKUS = ["LAMP-01", "DESK-02", "CHAIR-03"]
RECENT, PAST = (1, 120), (240, 20 * 24 * 60)
"""Ages in minutes. None is near three hours, where minute cells end: which of them live never depends on the second,
nor on a clock that is some minutes wrong."""


def block_of(subject: str) -> str:
    """The block that a lead, an order, an answer or a product belongs to."""
    return subject.rpartition(".")[0]


def block(name: str, random: Random) -> list[CloudEvent]:
    """The events of a block, each entity's in the order of their telling."""
    leads = [f"{name}.L{i}" for i in range(LEADS)]
    events: list[CloudEvent] = []
    for lead in leads:
        events += _lead(lead, leads, random)
    for i in range(ORDERS):
        events += _order(f"{name}.O{i}", leads, random)
    for i in range(ANSWERS):
        events += _answer(f"{name}.N{i}", random)
    for i in range(PRODUCTS):
        events += _product(f"{name}.P{i}", random)
    return events


def _moment(random: Random) -> datetime:
    age = random.randint(*random.choice((RECENT, RECENT, PAST)))
    return datetime.now(UTC) - timedelta(minutes=age, seconds=random.randint(0, 59))


def _lead(name: str, others: list[str], random: Random) -> Iterator[CloudEvent]:
    created = {
        "rep_id": random.choice(REPS),
        "source": random.choice(["web", "fair"]),
        "region": random.choice(REGIONS),
        "kind": random.choice(["lead", "opportunity"]),
        "amount_minor": random.randint(1, 500_000),
        "currency": "EUR",
    }
    yield cloud_event("lead.created", name, _moment(random), **created)
    if random.random() < 0.3:
        yield cloud_event("lead.assigned", name, _moment(random), rep_id=random.choice(REPS))
    if random.random() < 0.4:
        outcome = random.choice(["won", "won", "lost", "invalid"])
        amount = random.randint(1, 500_000)
        yield cloud_event("lead.closed", name, _moment(random), outcome=outcome, amount_minor=amount, currency="EUR")
        if random.random() < 0.3:
            yield cloud_event("lead.reopened", name, _moment(random))
    if random.random() < 0.1:
        yield cloud_event("lead.merged", name, _moment(random), into_lead_id=random.choice(others))


def _order(name: str, leads: list[str], random: Random) -> Iterator[CloudEvent]:
    placed_at = _moment(random)
    for revision in range(random.choice([1, 1, 1, 2, 3])):
        yield cloud_event("order.placed", name, placed_at, revision=revision, **_placed(leads, random))
    for i in range(random.choice([0, 0, 0, 1, 2])):
        back = {"return_id": f"r{i}", "currency": "EUR", "amount_minor": random.randint(1, 60_000)}
        yield cloud_event("order.returned", name, _moment(random), **back)
    if random.random() < 0.15:
        yield cloud_event("order.cancelled", name, _moment(random))


def _placed(leads: list[str], random: Random) -> dict[str, object]:
    placed: dict[str, object] = {
        "channel": random.choice(CHANNELS),
        "store_id": random.choice(["paris", "lyon"]),
        "region": random.choice(REGIONS),
        "currency": "EUR",
        "rep_id": random.choice(REPS),
        "promotion_ids": random.choice([[], [], ["spring"], ["spring", "vip"]]),
        "lines": [
            line(random.randint(1, 100_000), sku=sku, quantity=random.randint(1, 4), discount=random.randint(0, 500))
            for sku in random.sample(SKUS, random.randint(1, len(SKUS)))
        ],
    }
    if random.random() < 0.7:
        placed["lead_id"] = random.choice(leads)
    return placed


def _answer(name: str, random: Random) -> Iterator[CloudEvent]:
    """An invitation, an answer or both; some answers are corrected."""
    touchpoint = random.choice(["delivery", "shop"])
    asked, answered = random.choice([(True, True), (True, True), (True, False), (False, True)])
    if asked:
        invitation = {"survey": "nps", "touchpoint": touchpoint, "delivered": random.random() < 0.9}
        yield cloud_event("survey.invited", name, _moment(random), **invitation)
    for revision in range(random.choice([1, 1, 2]) if answered else 0):
        given = {"score": random.randint(0, 10), "touchpoint": touchpoint, "channel": random.choice(CHANNELS)}
        where = {"region": random.choice(REGIONS), "rep_id": random.choice(REPS), "store_id": "paris"}
        yield cloud_event("nps.answered", name, _moment(random), revision=revision, **given, **where)


def _product(name: str, random: Random) -> Iterator[CloudEvent]:
    """Watch lists, prices of ours, and readings of two pages."""
    listed = [{"pair_id": competitor, "competitor": competitor, "interval_s": 21600} for competitor in COMPETITORS]
    begun = datetime.now(UTC) - timedelta(days=20, minutes=random.randint(0, 59))
    yield cloud_event("product.watched", name, begun, pairs=listed)
    if random.random() < 0.3:
        yield cloud_event("product.watched", name, _moment(random), pairs=random.sample(listed, random.randint(0, 2)))
    for _ in range(random.choice([0, 1, 1, 2])):
        yield cloud_event("price.own", name, _moment(random), price_minor=random.randint(1, 50_000), currency="EUR")
    for _ in range(random.randint(0, 6)):
        page = random.choice(COMPETITORS)
        read = {"pair_id": page, "competitor": page, "verdict": random.choice(["trusted", "trusted", "quarantined"])}
        amount = {"price_minor": random.randint(1, 50_000), "currency": "EUR"}
        yield cloud_event("price.observed", name, _moment(random), **read, **amount)
