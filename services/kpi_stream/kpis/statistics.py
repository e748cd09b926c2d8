"""Scores, and intervals: how sure a rate is. Plain formulas, to be read beside their source."""

from fractions import Fraction
from math import exp, hypot, sqrt

import msgspec

LEVEL = 0.95
Z = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


class Interval(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the true value lies with the given confidence; `margin` where people say it as ±."""

    low: float
    high: float
    level: float
    method: str
    margin: float | None = None


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


def newcombe(successes: int, n: int, others_successes: int, others_n: int) -> Interval | None:
    """The interval of the difference of two independent proportions, the first less the other; `None` without both.

    Source: R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
    Medicine 17 (1998), method 10: the two score intervals put together.
    """
    one, other = wilson(successes, n), wilson(others_successes, others_n)
    if one is None or other is None:
        return None
    rate, others_rate = successes / n, others_successes / others_n
    low = hypot(rate - one.low, other.high - others_rate)
    high = hypot(one.high - rate, others_rate - other.low)
    difference = rate - others_rate
    return Interval(difference - low, difference + high, LEVEL, "newcombe")


def net_promoter_score(promoters: int, detractors: int, n: int) -> Fraction:
    """100 x (promoters - detractors) / n, exactly; n is not 0."""
    return Fraction(100 * (promoters - detractors), n)


def one_decimal(exact: Fraction) -> float:
    """Rounded once, half to even."""
    return float(round(exact, 1))


def adjusted_wald(promoters: float, detractors: float, n: float) -> Interval | None:
    """The interval of a net promoter score, in points; `None` when nobody answered.

    Three answers are added, half of them passive: without them a few answers that agree would look sure.
    Source: B. Rocks, "Interval estimation for the net promoter score", The American Statistician 70 (2016).
    """
    if n <= 0:
        return None
    p, d = (promoters + 3 / 4) / (n + 3), (detractors + 3 / 4) / (n + 3)
    margin = 100 * 1.96 * sqrt((p + d - (p - d) ** 2) / (n + 3))
    score = 100 * (p - d)
    return Interval(max(-100.0, score - margin), min(100.0, score + margin), LEVEL, "adjusted_wald", margin)


def quasi_poisson(ratio: float, dispersion: float, *counts: int) -> Interval | None:
    """The interval of a ratio that rests on one count or on two independent ones, or on sums of so many things; `None`
    where nothing was counted, or the ratio is not above 0.

    A count varies by `dispersion` times its mean, so its logarithm by about dispersion / count. Swapped sides give the
    inverse.
    Source: P. McCullagh, J. A. Nelder, "Generalized Linear Models" (1989), chapter 6; of a ratio of two rates K. J.
    Rothman, S. Greenland, "Modern Epidemiology" (1998), chapter 14.
    """
    if ratio <= 0 or min(counts) <= 0:
        return None
    factor = exp(Z * sqrt(dispersion * sum(1 / count for count in counts)))
    return Interval(ratio / factor, ratio * factor, LEVEL, "quasi_poisson")


def none_of(expected: float, dispersion: float) -> Interval | None:
    """The interval of the ratio of nothing to what was expected; `None` where nothing was.

    Of nothing there is no logarithm: this is the score interval, (0 - m)^2 <= Z^2 x dispersion x m.
    """
    if expected <= 0:
        return None
    return Interval(0.0, Z * Z * dispersion / expected, LEVEL, "quasi_poisson")
