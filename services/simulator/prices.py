"""Competitors' prices: what was read of them in the past, as events; from today on the price watcher reads the shop.

Everything here comes after the rest of a day is made up, so that the rest is the same with and without it.
"""

import math
from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING, Any

from services.simulator.company import PRODUCTS, Product
from services.simulator.shop.catalogue import COMPETITORS, Competitor, name_of, path_of, range_of
from services.simulator.shop.prices import offer_at

if TYPE_CHECKING:
    from services.simulator.plan import Day, Happening

FAMILIES = ("LAMP", "CHAIR")
"""What is watched of our goods."""

SHOP_SEED = 1
EVERY_DAYS = 3
DAY_SECONDS = 86400
LIVE_INTERVAL = "3m"
IMPLAUSIBLE = 3
"""A price so many times ours is a slip, which the price watcher would have kept back."""


def watched_products() -> list[Product]:
    return [product for product in PRODUCTS if product.sku.startswith(FAMILIES)]


def sellers_of(product: Product) -> list[Competitor]:
    return [competitor for competitor in COMPETITORS if product.sku in range_of(competitor)]


def opening_prices(made: "Day") -> "Iterator[Happening]":
    """What is watched from the first day on, and our own prices."""
    for product in watched_products():
        pairs = [
            {"pair_id": _pair(product, each), "competitor": each.name, "interval_s": EVERY_DAYS * DAY_SECONDS}
            for each in sellers_of(product)
        ]
        yield from made.happen("product.watched", product.sku, made.instant(1), {"pairs": pairs})
        own = {"price_minor": product.price, "currency": "EUR"}
        yield from made.happen("price.own", product.sku, made.instant(1), own)


def prices_of_day(made: "Day") -> "Iterator[Happening]":
    """What a franc is worth; and of the past, every third day, what each competitor asked."""
    rate = 1.04 + 0.02 * math.sin(made.day.toordinal() / 55)
    yield from made.happen(
        "rate.set", None, made.instant(6), {"currency": "CHF", "day": made.day.isoformat(), "rate": f"{rate:.4f}"}
    )
    if made.day >= made.today or made.day.toordinal() % EVERY_DAYS:
        return
    for product in watched_products():
        for competitor in sellers_of(product):
            yield from _observed(made, product, competitor)


def _observed(made: "Day", product: Product, competitor: Competitor) -> "Iterator[Happening]":
    time = made.instant(7)
    offer = offer_at(SHOP_SEED, competitor, product, time.astimezone(UTC).timestamp())
    if offer is None:
        return
    data = {
        "pair_id": _pair(product, competitor),
        "competitor": competitor.name,
        "verdict": "quarantined" if offer.price_minor > product.price * IMPLAUSIBLE else "trusted",
        "price_minor": offer.price_minor,
        "currency": competitor.currency,
        "list_price_minor": offer.list_price_minor,
        "stock": offer.stock,
        "method": competitor.style,
    }
    yield from made.happen("price.observed", product.sku, time, data)


def _pair(product: Product, competitor: Competitor) -> str:
    return f"{product.sku}@{competitor.name}"


def watch_list(shop_url: str) -> list[dict[str, Any]]:
    """What the price watcher is to read of the shop, as its API takes it."""
    return [
        {
            "sku": product.sku,
            "name": name_of(product.sku, "en"),
            "own_price": f"{product.price / 100:.2f}",
            "currency": "EUR",
            "competitors": [
                {
                    "competitor": competitor.name,
                    "page": f"{shop_url}{path_of(competitor, product.sku)}",
                    "locale": competitor.locale,
                    "currency": competitor.currency,
                    "interval": LIVE_INTERVAL,
                }
                for competitor in sellers_of(product)
            ],
        }
        for product in watched_products()
    ]
