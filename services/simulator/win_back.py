"""The campaign with a random hold-out: every day some customers are drawn into it, most to be contacted, some not.

What it brings is known here: of those drawn to be contacted `TRUE_EFFECT` place an order within `FOLLOWED` days who
would not have. Contact after an order brings nothing; so what is observed of contacts and what this campaign brings are
different numbers, as they are in life.
"""

import math
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from services.simulator.company import CUSTOMER_KINDS, ONLINE
from services.simulator.contacts import contact
from services.simulator.customers import customer_id
from services.simulator.orders import order

if TYPE_CHECKING:
    from services.simulator.plan import Day, Happening

WIN_BACK = "win-back"
BEGAN = 200
"""Days before the company's today."""

LAP = 2399
"""In so many days everybody has been drawn. A prime, so that those of a day are of all kinds."""

CONTACT_SHARE = 0.8
REACHED, REACHED_BY_MISTAKE = 0.97, 0.01
"""How many of those to be contacted, and of those held out, are."""

TRUE_EFFECT = 0.08
FOLLOWED = 90

STAY_AWAY = sum(kind.of_hundred / 100 * math.exp(-kind.orders_a_year * FOLLOWED / 365) for kind in CUSTOMER_KINDS)
"""How many customers place no order within `FOLLOWED` days, on average: each kind's orders are a Poisson process."""

WON_BACK = TRUE_EFFECT / (REACHED * STAY_AWAY)
"""How many of those reached order once more than they would have: some of them would have ordered anyway."""


def win_back_of_day(made: "Day") -> "Iterator[Happening]":
    """Who is drawn on a day, who of them is contacted, and the orders that it brings."""
    turn = (made.day - made.today).days + BEGAN
    if turn < 0:
        return
    for number in range(turn % LAP, 100 * made.hundreds, LAP):
        yield from _drawn(made, customer_id(number))


def group_of(seed: int, customer: str) -> str:
    """What a customer is drawn into, whenever they are."""
    is_contacted = Random(f"{seed}/{WIN_BACK}/{customer}").random() < CONTACT_SHARE
    return "contact" if is_contacted else "holdout"


def _drawn(made: "Day", customer: str) -> "Iterator[Happening]":
    random, group, drawn_at = made.random, group_of(made.seed, customer), made.instant(7)
    yield from made.happen("customer.assigned", customer, drawn_at, {"campaign_id": WIN_BACK, "group": group})
    if random.random() >= (REACHED if group == "contact" else REACHED_BY_MISTAKE):
        return
    yield from contact(made, customer, drawn_at + timedelta(hours=random.randint(2, 90)), campaign=WIN_BACK)
    if group == "contact" and random.random() < WON_BACK:
        day, hour = round(random.triangular(5, FOLLOWED - 5, 15)), random.triangular(8, 23, 20)
        yield from order(made, ONLINE, made.instant(24 * day + hour), customer=customer)
