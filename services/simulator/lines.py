"""Lines of orders."""

from random import Random
from typing import Any

from services.simulator.company import PRODUCTS, Product

Line = dict[str, Any]

QUANTITIES = (1,) * 78 + (2,) * 15 + (3,) * 5 + (6,) * 2
"""Each as often as in a hundred."""


def some_line(random: Random, discount: float) -> Line:
    """What somebody buys; most of it is in the promotion."""
    is_in = discount and random.random() < 0.8
    return line_of(random.choice(PRODUCTS), random.choice(QUANTITIES), discount if is_in else 0.0)


def line_of(product: Product, quantity: int, discount: float) -> Line:
    """So many of a product, with a discount if there is one."""
    gross = product.price * quantity
    line = {"sku": product.sku, "quantity": quantity, "gross_minor": gross}
    return {**line, "discount_minor": round(gross * discount)} if discount else line


def net(line: Line) -> int:
    """What a line brings, in minor units."""
    return int(line["gross_minor"] - line.get("discount_minor", 0))
