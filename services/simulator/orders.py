"""Orders: what is bought, and whether it is edited, cancelled or given back."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from services.simulator.company import CAMPAIGNS, PRODUCTS, REGIONS, Campaign, Shop, promotion_id, running

if TYPE_CHECKING:
    from services.simulator.plan import Day, Happening

EDITED, CANCELLED = 0.015, 0.012
LINES = (1,) * 50 + (2,) * 28 + (3,) * 15 + (4,) * 7
QUANTITIES = (1,) * 78 + (2,) * 15 + (3,) * 5 + (6,) * 2
"""Each as often as in a hundred."""


def campaigns_at(shop: Shop, day: date) -> list[Campaign]:
    """The promotions that a shop takes part in on a day."""
    return [c for c in CAMPAIGNS if running(c, day) and (not c.channels or shop.channel in c.channels)]


def order(
    made: "Day", shop: Shop, time: datetime, *, customer: str | None, rep: str | None = None, lead: str | None = None
) -> "Iterator[Happening]":
    """An order; now and then it is edited, cancelled or given back."""
    random, order_id, day = made.random, made.name("A"), time.astimezone(made.zone).date()
    promotions = campaigns_at(shop, day)
    discount = max((c.discount for c in promotions), default=0.0)
    lines = [_line(random, discount) for _ in range(random.choice(LINES))]
    data = {
        "channel": shop.channel,
        "store_id": shop.store,
        "region": shop.region or random.choice(REGIONS),
        "currency": "EUR" if shop.store or random.random() < 0.96 else "GBP",
        "customer_id": customer,
        "lead_id": lead,
        "rep_id": rep,
        "promotion_ids": [promotion_id(campaign, day) for campaign in promotions] or None,
        "lines": lines,
    }
    yield from made.happen("order.placed", order_id, time, data)
    if random.random() < EDITED:
        edited = {**data, "lines": [*lines, _line(random, discount)], "revision": 1}
        yield from made.happen("order.placed", order_id, time, edited)
    if random.random() < CANCELLED:
        when = time + timedelta(hours=random.uniform(0.5, 40))
        yield from made.happen("order.cancelled", order_id, when, {"reason": "changed their mind"})
    elif random.random() < (0.075 if shop.channel == "online" else 0.03):
        yield from _returned(made, order_id, data, time)


def _line(random: Random, discount: float) -> dict[str, Any]:
    product = random.choice(PRODUCTS)
    quantity = random.choice(QUANTITIES)
    gross = product.price * quantity
    line = {"sku": product.sku, "quantity": quantity, "gross_minor": gross}
    return {**line, "discount_minor": round(gross * discount)} if discount and random.random() < 0.8 else line


def _returned(made: "Day", order_id: str, data: Mapping[str, Any], placed: datetime) -> "Iterator[Happening]":
    """Some of an order's lines given back, a few days to weeks later."""
    random = made.random
    lines = random.sample(data["lines"], k=random.randint(1, len(data["lines"])))
    back = [{**line, "amount_minor": line["gross_minor"] - line.get("discount_minor", 0)} for line in lines]
    back = [{name: line[name] for name in ("sku", "quantity", "amount_minor")} for line in back]
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


def placed_in(happenings: Sequence["Happening"]) -> Iterator[Mapping[str, Any]]:
    """Each order among what happens once, as it was first placed."""
    orders = {h.event["subject"]: h.event for h in reversed(happenings) if h.event["type"] == "order.placed"}
    return reversed(orders.values())
