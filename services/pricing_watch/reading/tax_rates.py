"""Whether an amount is another with tax."""

from services.pricing_watch.reading.price_text import Price

RATES = (
    *(25, 26, 38, 50, 55, 60, 70, 80, 81, 90, 95, 100, 120, 130, 135, 140, 150, 160, 170, 180, 190),
    *(200, 210, 220, 230, 240, 250, 255, 270),
)
"""Rates of value added tax and of consumption taxes, in thousandths."""


def may_be_gross(net: Price, gross: Price) -> bool:
    """Is one amount the other with tax at a rate that there is, to the rounding of a minor unit?"""
    if net.minor is None or gross.minor is None or net.currency != gross.currency:
        return False
    return any(abs(net.minor * (1000 + rate) - 1000 * gross.minor) <= 1000 for rate in RATES)
