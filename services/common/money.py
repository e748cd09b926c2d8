"""Money: integers of minor units with an ISO 4217 code. No float comes near it.

`exponent("JPY")` is 0, `exponent("EUR")` 2, `exponent("KWD")` 3: the number of decimals between the minor unit and the
major one.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from functools import cache

from iso4217 import Currency

from services.common.errors import Invalid

LARGEST = Decimal(10) ** 15
"""The largest amount that is read: far beyond what the contract takes, well within what Decimal works out exactly."""


@cache
def known_currency(code: str) -> bool:
    """Is this an ISO 4217 code of a currency that has minor units?"""
    return _exponent(code) is not None


@cache
def _exponent(code: str) -> int | None:
    try:
        exponent: int | None = Currency(code).exponent
    except ValueError:
        return None
    return exponent


def exponent(code: str) -> int:
    """Decimals of a currency.

    :raises Invalid: when no currency bears this code.
    """
    decimals = _exponent(code)
    if decimals is None:
        raise Invalid(f"no currency is called {code!r}", field="currency", mend="send its ISO 4217 code, such as EUR")
    return decimals


def round_half_even(amount: Decimal) -> int:
    """The nearest integer; a half goes to the even one, so that many roundings do not add up to a bias."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def to_major(minor: int, currency: str) -> Decimal:
    """Minor units to major ones, exactly."""
    return Decimal(minor).scaleb(-exponent(currency))


def part_of(amount: int, part: int, whole: int) -> int:
    """amount x part / whole in minor units, exactly, then rounded once, a half to the even one; `whole` is not 0."""
    return round(Fraction(amount * part, whole))


def share(amount: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion to weights, without losing or inventing a unit (largest remainder).

    Weights that are negative count as 0; if none is positive the parts are equal. Of equal remainders the first takes
    the unit. The sign of the amount is kept: `share(-7, w) == [-x for x in share(7, w)]`.
    """
    if not weights:
        raise ValueError("an amount cannot be shared over nothing")
    if amount < 0:
        return [-part for part in share(-amount, weights)]
    positive = [max(0, weight) for weight in weights]
    total = sum(positive)
    if total == 0:
        positive, total = [1] * len(weights), len(weights)
    parts = [amount * weight // total for weight in positive]
    by_remainder = sorted(range(len(parts)), key=lambda i: (-(amount * positive[i] % total), i))
    for i in by_remainder[: amount - sum(parts)]:
        parts[i] += 1
    return parts
