"""Offers: who is served by a rep is sometimes told what goes with what they buy, or of a better one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from services.simulator.company import PAIRS, PRODUCTS, SKILL_OF, TECHNIQUES, Product, Technique
from services.simulator.lines import Line, line_of, net

if TYPE_CHECKING:
    from services.simulator.plan import Day, Happening

PROPOSED, PROPOSED_BESIDE = 0.07, 0.35
"""How many orders have an offer; and how many of those with a product that another is declared to go with."""

UNANSWERED = 0.15
PRODUCT_OF = {product.sku: product for product in PRODUCTS}
TECHNIQUE_DRAWN = tuple(technique for technique in TECHNIQUES for _ in range(technique.of_hundred))


def _next_dearer(product: Product) -> Product | None:
    family = product.sku.split("-")[0]
    dearer = [each for each in PRODUCTS if each.sku.startswith(family) and each.price > product.price]
    return min(dearer, key=lambda each: each.price, default=None)


BETTER = {product.sku: _next_dearer(product) for product in PRODUCTS}
"""By sku, the next dearer product of its family; none of the dearest."""


class Offer(NamedTuple):
    """What was proposed, what became of it, and the lines of the order after that.

    `outcome`: none while it is unanswered. `brought`: by how much a yes raised the order, in minor units.
    """

    id: str
    technique: Technique
    base_sku: str
    offered_sku: str
    outcome: str | None
    lines: list[Line]
    brought: int


def propose(made: "Day", rep: str, lines: list[Line], discount: float) -> Offer | None:
    """What a rep proposes to who is about to buy some lines; mostly nothing."""
    random = made.random
    declared = [line for line in lines if line["sku"] in PAIRS]
    if random.random() >= (PROPOSED_BESIDE if declared else PROPOSED):
        return None
    technique = random.choice(TECHNIQUE_DRAWN)
    is_better = technique.kind == "up_sell"
    base = random.choice(lines if is_better else declared or lines)
    offered = BETTER[base["sku"]] if is_better else _goes_with(random, base)
    if offered is None or any(line["sku"] == offered.sku for line in lines):
        return None
    offer_id, outcome = made.name("O"), _outcome(random, technique.accepted * SKILL_OF[rep])
    kept, quantity = ([line for line in lines if line is not base], base["quantity"]) if is_better else (lines, 1)
    sold = {**line_of(offered, quantity, discount if "discount_minor" in base else 0.0), "offer_id": offer_id}
    after = [*kept, sold] if outcome == "accepted" else lines
    return Offer(offer_id, technique, base["sku"], offered.sku, outcome, after, _sum(after) - _sum(lines))


def offer_events(
    made: "Day", offer: Offer, order_id: str, order: Mapping[str, Any], placed: datetime
) -> "Iterator[Happening]":
    """An offer made while someone buys. A yes comes with the order; a no at once or after some thought, or nothing."""
    random = made.random
    proposed = {
        "kind": offer.technique.kind,
        "technique": offer.technique.name,
        "rep_id": order["rep_id"],
        "offered_sku": offer.offered_sku,
        "base_sku": offer.base_sku,
        "customer_id": order["customer_id"],
        "order_id": order_id,
    }
    yield from made.happen("offer.made", offer.id, placed - timedelta(minutes=random.randint(2, 15)), proposed)
    if offer.outcome == "accepted":
        brought = {"amount_delta_minor": offer.brought, "currency": order["currency"], "order_id": order_id}
        yield from made.happen("offer.answered", offer.id, placed, {"outcome": offer.outcome, **brought})
    elif offer.outcome == "refused":
        thought = timedelta(minutes=round(random.expovariate(1 / 200)))
        yield from made.happen("offer.answered", offer.id, placed + thought, {"outcome": offer.outcome})


def _goes_with(random: Random, base: Line) -> Product:
    """What is declared to go with a product, else whatever the rep thinks of."""
    declared = PAIRS.get(base["sku"])
    return PRODUCT_OF[declared] if declared else random.choice(PRODUCTS)


def _outcome(random: Random, accepted: float) -> str | None:
    if random.random() < UNANSWERED:
        return None
    return "accepted" if random.random() < accepted else "refused"


def _sum(lines: Sequence[Line]) -> int:
    return sum(net(line) for line in lines)
