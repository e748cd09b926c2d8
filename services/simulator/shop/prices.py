"""What a competitor asks for a product at a moment: a function of seed, product and time alone.

So a price can be known beforehand, and the shop needs no memory.
"""

import math
from random import Random
from typing import NamedTuple

from services.simulator.company import Product
from services.simulator.shop.catalogue import Competitor

MINUTE = 60

SLOW_WAVE, FAST_WAVE = 0.045, 0.02
"""How far prices swing about their level; together they are the band."""
PROMOTED, DISCOUNT, PROMOTION = 0.12, 0.2, 20 * MINUTE
OUT_OF_STOCK, LIMITED, STOCK = 0.06, 0.08, 15 * MINUTE
GONE, ABSENCE = 0.02, 30 * MINUTE
GLITCH, GLITCHED = 1 / 300, 10
"""One minute in so many the price is wrong by a factor, as when somebody slips while typing."""


class Offer(NamedTuple):
    """What the page says. Amounts in minor units; `since` is when the page last changed, in seconds of the epoch."""

    price_minor: int
    list_price_minor: int | None
    stock: str
    since: int


def offer_at(seed: int, competitor: Competitor, product: Product, time: float) -> Offer | None:
    """The offer at a time in seconds of the epoch; none while the product has vanished."""
    now, key = int(time), f"{seed}/{competitor.name}/{product.sku}"
    if _luck(key, "gone", now // ABSENCE) < GONE:
        return None
    step = Random(key).choice((1, 1, 2, 5)) * MINUTE
    usual = _usual(key, product.price * competitor.level, now // step * step)
    promoted = _luck(key, "promotion", now // PROMOTION) < PROMOTED
    price = _rounded(usual * (1 - DISCOUNT)) if promoted else usual
    if _luck(key, "glitch", now // MINUTE) < GLITCH:
        price *= GLITCHED
    return Offer(price, usual if promoted else None, _stock(key, now), now // MINUTE * MINUTE)


def _usual(key: str, level: float, time: int) -> int:
    """The price before promotions: two waves about the level."""
    made = Random(key)
    swing = sum(
        height * math.sin(2 * math.pi * (time / (made.uniform(*minutes) * MINUTE) + made.random()))
        for height, minutes in ((SLOW_WAVE, (20, 60)), (FAST_WAVE, (5, 15)))
    )
    return _rounded(level * (1 + swing))


def _stock(key: str, now: int) -> str:
    luck = _luck(key, "stock", now // STOCK)
    return "out_of_stock" if luck < OUT_OF_STOCK else "limited" if luck < OUT_OF_STOCK + LIMITED else "in_stock"


def _luck(key: str, what: str, block: int) -> float:
    return Random(f"{key}/{what}/{block}").random()


def _rounded(cents: float) -> int:
    """To ten cents, as prices are."""
    return round(cents / 10) * 10
