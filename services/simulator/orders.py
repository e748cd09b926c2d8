"""Orders: what is bought, and whether it is edited, cancelled or given back."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from services.simulator.company import CAMPAIGNS, REGIONS, Campaign, Shop, promotion_id, running
from services.simulator.lines import Line, net, some_line
from services.simulator.offers import offer_events, propose

if TYPE_CHECKING:
    from services.simulator.plan import Day, Happening

EDITED, CANCELLED = 0.015, 0.012
LINES = (1,) * 50 + (2,) * 28 + (3,) * 15 + (4,) * 7
"""How many an order has, each as often as in a hundred."""

OFFER_KNOWN = 0.8
"""How many of the lines given back tell the offer that had brought them."""


def campaigns_at(shop: Shop, day: date) -> list[Campaign]:
    """The promotions that a shop takes part in on a day."""
    return [c for c in CAMPAIGNS if running(c, day) and (not c.channels or shop.channel in c.channels)]


def order(
    made: "Day", shop: Shop, time: datetime, *, customer: str | None, rep: str | None = None, lead: str | None = None
) -> "Iterator[Happening]":
    """An order, where a rep serves perhaps with an offer; now and then it is edited, cancelled or given back."""
    random, order_id, day = made.random, made.name("A"), time.astimezone(made.zone).date()
    promotions = campaigns_at(shop, day)
    discount = max((c.discount for c in promotions), default=0.0)
    lines = [some_line(random, discount) for _ in range(random.choice(LINES))]
    offer = propose(made, rep, lines, discount) if rep else None
    data: dict[str, Any] = {
        "channel": shop.channel,
        "store_id": shop.store,
        "region": shop.region or random.choice(REGIONS),
        "currency": "EUR" if shop.store or random.random() < 0.96 else "GBP",
        "customer_id": customer,
        "lead_id": lead,
        "rep_id": rep,
        "promotion_ids": [promotion_id(campaign, day) for campaign in promotions] or None,
        "lines": offer.lines if offer else lines,
    }
    if offer:
        yield from offer_events(made, offer, order_id, data, time)
    yield from made.happen("order.placed", order_id, time, data)
    if random.random() < EDITED:
        edited = {**data, "lines": [*data["lines"], some_line(random, discount)], "revision": 1}
        yield from made.happen("order.placed", order_id, time, edited)
    if random.random() < CANCELLED:
        when = time + timedelta(hours=random.uniform(0.5, 40))
        yield from made.happen("order.cancelled", order_id, when, {"reason": "changed their mind"})
    elif random.random() < (0.075 if shop.channel == "online" else 0.03):
        yield from _returned(made, order_id, data, time)


def _returned(made: "Day", order_id: str, data: Mapping[str, Any], placed: datetime) -> "Iterator[Happening]":
    """Some of an order's lines given back, a few days to weeks later."""
    random = made.random
    lines = random.sample(data["lines"], k=random.randint(1, len(data["lines"])))
    back = [_given_back(random, line) for line in lines]
    time = placed + timedelta(days=random.triangular(2, 28, 6))
    returned = {
        "return_id": made.name("R"),
        "currency": data["currency"],
        "amount_minor": sum(line["amount_minor"] for line in back),
        "lines": back,
        "channel": data["channel"],
        "reason": random.choice(("too large", "broken", "does not please")),
    }
    yield from made.happen("order.returned", order_id, time.replace(microsecond=0), returned)


def _given_back(random: Random, line: Line) -> Line:
    back = {"sku": line["sku"], "quantity": line["quantity"], "amount_minor": net(line)}
    return {**back, "offer_id": line["offer_id"]} if "offer_id" in line and random.random() < OFFER_KNOWN else back


def placed_in(happenings: Sequence["Happening"]) -> Iterator[Mapping[str, Any]]:
    """Each order among what happens once, as it was first placed."""
    orders = {h.event["subject"]: h.event for h in reversed(happenings) if h.event["type"] == "order.placed"}
    return reversed(orders.values())
