"""Amounts that stand where a price is not told."""

import re

from services.common.money import to_major

_NINES = re.compile(r"9{5,}(?:\.(?:9+|0+))?|1234567(?:8(?:9)?)?(?:\.00)?")


def placeholder(minor: int | None, currency: str | None) -> str | None:
    """Why an amount is none that anybody pays, if so."""
    if minor is None or currency is None:
        return None
    if minor == 0:
        return "is zero, which stands for a price that is not told"
    major = to_major(minor, currency)
    if minor == 1 and major < 1:
        return "is the smallest amount there is, which stands for a price that is not told"
    if _NINES.fullmatch(f"{major:f}"):
        return f"is {major:f}, which stands for a price that is not told"
    return None
