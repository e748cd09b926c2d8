"""Who buys: customers are numbered in the order in which they come, and of every hundred the first places are those of
the kind that buys most. So a number tells how often someone buys, with nothing kept of anybody.
"""

from datetime import date
from random import Random

from services.simulator.company import CUSTOMER_KINDS, CUSTOMERS, CustomerKind, growth

KIND_OF_PLACE = tuple(kind for kind in CUSTOMER_KINDS for _ in range(kind.of_hundred))

PLACES = tuple(place for place, kind in enumerate(KIND_OF_PLACE) for _ in range(round(10 * kind.orders_a_year)))
"""Each place of a hundred as often as it buys in ten years."""


def hundreds_on(day: date, today: date) -> int:
    """How many hundreds of customers there are on a day: they grow with the company, so each buys as often as ever."""
    return round(CUSTOMERS * growth(day, today) / 100)


def customer_id(number: int) -> str:
    """The name of a customer."""
    return f"c-{number}"


def kind_of(customer: str) -> CustomerKind:
    """How often the bearer of a name buys."""
    return KIND_OF_PLACE[int(customer.removeprefix("c-")) % 100]


def someone(random: Random, hundreds: int) -> str:
    """Who places an order: one of so many hundreds of customers."""
    return customer_id(100 * random.randrange(hundreds) + random.choice(PLACES))
