"""The cells of up- and cross-selling recomputed offer by offer and order by order, looked up from all events."""

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from services.common.events import Event
from tests.support.engine import Cell
from tests.support.events import PAIRS
from tests.support.standing import Cells, EventsByType, day_of, latest

if TYPE_CHECKING:
    from tests.support.oracle import OrderView

MOST = 10_000
"""Of whom more orders ever bore the id is no one offer."""


def add_offers(cells: Cells, by_type: EventsByType, orders: Mapping[str, "OrderView"]) -> None:
    """Every offer of which it is known that it was made, on that day; a code that so many orders bear is none."""
    for name, own in by_type["offer.made"].items():
        bearing = [orders[order] for order in ever_bearing(name, by_type)]
        if len(bearing) > MOST:
            continue
        made, answered = latest(own), latest(by_type["offer.answered"][name])
        outcome = answered.data.outcome if answered else "open"
        currency, brought = worth(answered)
        values = {
            "made": 1,
            outcome: 1,
            "brought_minor": brought,
            "taken_back_minor": taken_back(answered, bearing, name),
        }
        for cut, member in places(made):
            for measure, value in values.items():
                cells[Cell(measure, currency, cut, member, day_of(made.time))] += value


def places(made: Event) -> list[tuple[str, str]]:
    data = made.data
    found = [("all", ""), ("kind", data.kind), ("technique", data.technique), ("rep", data.rep_id)]
    declared = data.offered_sku in PAIRS.get(data.base_sku, ())
    return [*found, ("pair", f"{data.base_sku}/{data.offered_sku}")] if declared else found


def worth(answered: Event | None) -> tuple[str, int]:
    """What a yes is worth, and its currency."""
    if answered is None or answered.data.outcome == "refused" or answered.data.amount_delta_minor is None:
        return "", 0
    return answered.data.currency, answered.data.amount_delta_minor


def taken_back(answered: Event | None, bearing: list["OrderView"], offer: str) -> int:
    """By the lines that bear the offer, of the orders of which some statement ever bore it.

    Where none of them stands, all of it; else the share given back, an order at a time.
    """
    currency, brought = worth(answered)
    kept = [order for order in bearing if order.cancel is None and lines_of(order, offer)]
    if not bearing or not kept:
        return brought if bearing else 0
    by_currency: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for order in sorted(kept, key=lambda order: order.name):
        nets, backs = zip(*lines_of(order, offer), strict=True)
        by_currency[order.placed.data.currency].append((sum(nets), sum(backs)))
    counted = by_currency.get(currency) or next(iter(by_currency.values()))
    valuable = [(net, min(net, max(0, back))) for net, back in counted if net > 0]
    if not valuable:
        return brought if any(back > 0 for _, back in counted) else 0
    nets, backs = zip(*valuable, strict=True)
    return nearest(brought * Fraction(sum(backs), sum(nets)))


def ever_bearing(offer: str, by_type: EventsByType) -> set[str]:
    """The orders of which any statement, standing or not, bears the offer."""
    placed = (event for own in by_type["order.placed"].values() for event in own)
    return {event.subject for event in placed if any(line.offer_id == offer for line in event.data.lines)}


def lines_of(order: "OrderView", offer: str) -> list[tuple[int, int]]:
    """Of the lines that bear an offer: what each is worth, and what was given back of it."""
    lines = zip(order.placed.data.lines, order.line_nets, order.given_back, strict=True)
    return [(net, back) for line, net, back in lines if line.offer_id == offer]


def nearest(exact: Fraction) -> int:
    """The nearest integer; between two the even one."""
    below = exact.numerator // exact.denominator
    over = exact - below
    return below + (over > Fraction(1, 2) or (over == Fraction(1, 2) and below % 2 == 1))


def add_attached(cells: Cells, orders: Mapping[str, "OrderView"]) -> None:
    """Every living order, under every declared pair of which it holds the first product."""
    for order in orders.values():
        skus = {line.sku for line in order.placed.data.lines} if order.living else set()
        for base, offered in ((base, sku) for base, others in PAIRS.items() for sku in others):
            if base not in skus:
                continue
            for cut, member in (("all", ""), ("pair", f"{base}/{offered}")):
                cells[Cell("orders_with_base", "", cut, member, day_of(order.placed.time))] += 1
                cells[Cell("orders_with_both", "", cut, member, day_of(order.placed.time))] += offered in skus
