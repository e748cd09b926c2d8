"""Intervals: how sure a rate is. Plain formulas, to be read beside their source."""

from math import sqrt

import msgspec

LEVEL = 0.95
Z = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


class Interval(msgspec.Struct, frozen=True):
    """Where the true value lies with the given confidence."""

    low: float
    high: float
    level: float
    method: str


def wilson(successes: int, n: int) -> Interval | None:
    """The score interval of a proportion; `None` when nothing was counted.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    if n <= 0:
        return None
    rate = successes / n
    centre = (rate + Z * Z / (2 * n)) / (1 + Z * Z / n)
    margin = Z / (1 + Z * Z / n) * sqrt(rate * (1 - rate) / n + Z * Z / (4 * n * n))
    low = centre - margin if successes else 0.0
    high = centre + margin if successes < n else 1.0
    return Interval(low, high, LEVEL, "wilson")
