"""Amounts as a person reads them in a reason."""

from collections.abc import Iterable

from services.common.money import to_major
from services.pricing_watch.records import Candidate


def figures(candidates: Iterable[Candidate]) -> str:
    """The different amounts of candidates, as a person reads them."""
    amounts = {
        f"{to_major(one.price_minor, one.currency)} {one.currency}"
        + (f" to {to_major(one.high_minor, one.currency)}" if one.high_minor not in {None, one.price_minor} else "")
        for one in candidates
        if one.price_minor is not None and one.currency is not None and (one.high_minor or 0) >= 0
    }
    return ", ".join(sorted(amounts)[:4])
