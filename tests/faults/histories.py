"""Blocks of a few leads, orders, customers, offers and answers that know each other, and of some prices.

Nothing in a block names anything of another, so that blocks can be recomputed one by one and added up.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from tests.faults.sender import CloudEvent
from tests.support.events import cloud_event, line

LEADS, ORDERS, CUSTOMERS, OFFERS, ANSWERS, PRODUCTS = 12, 12, 3, 6, 6, 2
REPS = ["ana", "bob", "cyd", "unassigned"]
CHANNELS = ["online", "store", "phone"]
REGIONS = ["north", "south/east", "west"]
COMPETITORS = ["acme", "bolt"]
SKUS = ["a", "b", "z"]
"""Some of them go together (tests/support/pairs.yml)."""

CAMPAIGNS = ["spring", "summer"]
DAY = 24 * 60
RECENT, PAST, LONG_AGO = (1, 90), (240, 20 * DAY), (20 * DAY, 220 * DAY)
"""Ages in minutes. None is near three hours, where minute cells end, nor comes near within an hour: which of them live
never depends on the second, nor on a clock that is some minutes wrong."""


class Names(NamedTuple):
    """Of a block, those that others name."""

    leads: list[str]
    customers: list[str]
    offers: list[str]


def block_of(subject: str) -> str:
    """The block that an entity belongs to."""
    return subject.rpartition(".")[0]


def block(name: str, random: Random) -> list[CloudEvent]:
    """The events of a block, each entity's in the order of their telling."""
    named = Names(
        leads=[f"{name}.L{i}" for i in range(LEADS)],
        customers=[f"{name}.C{i}" for i in range(CUSTOMERS)],
        offers=[f"{name}.F{i}" for i in range(OFFERS)],
    )
    events: list[CloudEvent] = []
    for lead in named.leads:
        events += _lead(lead, named.leads, random)
    for i in range(ORDERS):
        events += _order(f"{name}.O{i}", named, random)
    for customer in named.customers:
        events += _customer(customer, random)
    for offer in named.offers:
        events += _offer(offer, random)
    for i in range(ANSWERS):
        events += _answer(f"{name}.N{i}", named.customers, random)
    for i in range(PRODUCTS):
        events += _product(f"{name}.P{i}", random)
    return events


def _moment(random: Random) -> datetime:
    return _at_an_age(random.choice((RECENT, RECENT, PAST)), random)


def _moment_of_a_customer(random: Random) -> datetime:
    """Loyalty takes months."""
    return _at_an_age(random.choice((RECENT, PAST, LONG_AGO, LONG_AGO)), random)


def _at_an_age(minutes: tuple[int, int], random: Random) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=random.randint(*minutes), seconds=random.randint(0, 59))


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


def _order(name: str, named: Names, random: Random) -> Iterator[CloudEvent]:
    placed_at = _moment_of_a_customer(random)
    for revision in range(random.choice([1, 1, 1, 2, 3])):
        yield cloud_event("order.placed", name, placed_at, revision=revision, **_placed(named, random))
    for i in range(random.choice([0, 0, 0, 1, 2])):
        back = {"return_id": f"r{i}", "currency": "EUR", **_given_back(named, random)}
        yield cloud_event("order.returned", name, _moment(random), **back)
    if random.random() < 0.15:
        yield cloud_event("order.cancelled", name, _moment(random))


def _placed(named: Names, random: Random) -> dict[str, object]:
    placed: dict[str, object] = {
        "channel": random.choice(CHANNELS),
        "store_id": random.choice(["paris", "lyon"]),
        "region": random.choice(REGIONS),
        "currency": "EUR",
        "rep_id": random.choice(REPS),
        "promotion_ids": random.choice([[], [], ["spring"], ["spring", "vip"]]),
        "lines": [
            line(random.randint(1, 100_000), sku=sku, quantity=random.randint(1, 4), discount=random.randint(0, 500))
            | {"offer_id": random.choice([None, None, *named.offers])}
            for sku in random.sample(SKUS, random.randint(1, len(SKUS)))
        ],
    }
    if random.random() < 0.7:
        placed["lead_id"] = random.choice(named.leads)
    if random.random() < 0.9:
        placed["customer_id"] = random.choice(named.customers)
    return placed


def _given_back(named: Names, random: Random) -> dict[str, object]:
    """An amount, or lines, which may bear offers; neither need be of the order."""
    offers = [None, *named.offers]
    lines = [
        {"sku": sku, "quantity": 1, "amount_minor": random.randint(1, 60_000), "offer_id": random.choice(offers)}
        for sku in random.sample(SKUS, random.randint(0, 2))
    ]
    return {"amount_minor": sum(each["amount_minor"] for each in lines) or random.randint(1, 60_000), "lines": lines}


def _customer(name: str, random: Random) -> Iterator[CloudEvent]:
    """Contacts, some of them corrected, and draws into campaigns, of which the earliest stands."""
    for i in range(random.randint(0, 6)):
        for revision in range(random.choice([1, 1, 2])):
            contact = {"contact_id": f"k{i}", "medium": random.choice(["mail", "phone"]), "revision": revision}
            whose = {"campaign_id": random.choice([None, *CAMPAIGNS]), "rep_id": random.choice([None, *REPS])}
            yield cloud_event("customer.contacted", name, _moment_of_a_customer(random), **contact, **whose)
    for campaign in CAMPAIGNS:
        for _ in range(random.choice([0, 1, 1, 2])):
            drawn = {"campaign_id": campaign, "group": random.choice(["contact", "contact", "holdout"])}
            yield cloud_event("customer.assigned", name, _moment_of_a_customer(random), **drawn)


def _offer(name: str, random: Random) -> Iterator[CloudEvent]:
    """An offer, and mostly an answer, which some take back."""
    proposed = {"kind": random.choice(["up_sell", "cross_sell"]), "technique": random.choice(["bundle", "warranty"])}
    skus = {"offered_sku": random.choice(SKUS), "base_sku": random.choice(SKUS)}
    yield cloud_event("offer.made", name, _moment(random), rep_id=random.choice(REPS), **proposed, **skus)
    for revision in range(random.choice([0, 1, 1, 2])):
        outcome = random.choice(["accepted", "accepted", "refused"])
        answered = {"outcome": outcome, "amount_delta_minor": random.randint(0, 50_000), "currency": "EUR"}
        yield cloud_event("offer.answered", name, _moment(random), revision=revision, **answered)


def _answer(name: str, customers: list[str], random: Random) -> Iterator[CloudEvent]:
    """An invitation, an answer or both; some answers are corrected."""
    touchpoint = random.choice(["delivery", "shop"])
    asked, answered = random.choice([(True, True), (True, True), (True, False), (False, True)])
    if asked:
        invitation = {"survey": "nps", "touchpoint": touchpoint, "delivered": random.random() < 0.9}
        yield cloud_event("survey.invited", name, _moment(random), **invitation)
    for revision in range(random.choice([1, 1, 2]) if answered else 0):
        given = {"score": random.randint(0, 10), "touchpoint": touchpoint, "channel": random.choice(CHANNELS)}
        where = {"region": random.choice(REGIONS), "rep_id": random.choice(REPS), "store_id": "paris"}
        given["customer_id"] = random.choice([None, *customers])
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
