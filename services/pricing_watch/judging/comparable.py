"""From a price as a page states it to one that compares with ours: tax included, for as much as our pack holds."""

from decimal import Decimal

from services.common.events.fields import LIMIT
from services.common.money import round_half_even
from services.pricing_watch.watching.products import CompetitorPage, Product

HUNDRED = Decimal(100)
MOST_MINOR = LIMIT
"""More than that is no price, and no event can bear it."""


def comparable(amount_minor: int, product: Product, page: CompetitorPage) -> int:
    """The consumer price of our pack's content, in the same currency's minor units, rounded once, half-even.

    amount x (1 + tax, where it is not in) x our pack / their pack.
    """
    tax = 1 + Decimal(page.vat_rate or 0) / HUNDRED if page.vat == "excluded" else Decimal(1)
    return round_half_even(Decimal(amount_minor) * tax * Decimal(product.pack) / Decimal(page.pack))
