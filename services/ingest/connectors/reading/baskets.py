"""What orders of shops have alike: lines to the minor unit and by rep, no more of them than an order may have."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from math import floor

import msgspec

from services.common.events.fields import ID_LENGTH, NAME_LENGTH
from services.common.events.orders import MAX_LINES, OrderLine
from services.common.money import share
from services.common.order_lines import within_limit

MOST_PROMOTIONS = 50
UNKNOWN_CHANNEL = "unknown"

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


def named(text: str | None, longest: int = ID_LENGTH) -> str | None:
    """A vendor's word as a name of ours: without control characters, not too long; none where it says nothing."""
    return _CONTROLS.sub(" ", text or "").strip()[:longest].strip() or None


def _region_of(country: str | None, province: str | None, regions: Mapping[str, str]) -> str | None:
    """The region of an address: what the table says of `US-KY`, else of `US`; the country where it says nothing."""
    country = named(country, NAME_LENGTH)
    if country is None:
        return None
    return regions.get(f"{country}-{province}") or regions.get(country) or country


def first_region(places: Iterable[tuple[str | None, str | None]], regions: Mapping[str, str]) -> str | None:
    """The region of the first address, by country and province, that has one."""
    found = (_region_of(country, province, regions) for country, province in places)
    return next((region for region in found if region is not None), None)


def promotions(texts: Iterable[str | None]) -> tuple[str, ...]:
    """What was in force, each once, and no more than an order may have."""
    found = [named(text) for text in texts]
    return tuple(dict.fromkeys(name for name in found if name is not None))[:MOST_PROMOTIONS]


def whole(amounts: Sequence[Decimal], total: int) -> list[int]:
    """Amounts in minor units, rounded so that they add up to a total: of the parts cut off the greatest are made up
    for (largest remainder). Amounts are finite, and at least one.
    """
    parts = [floor(amount) for amount in amounts]
    each, more = divmod(total - sum(parts), len(parts))
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - amounts[i], i))
    for i in by_remainder[:more]:
        parts[i] += 1
    return [part + each for part in parts]


def by_rep(line: OrderLine, sold: Sequence[tuple[str, int]]) -> list[OrderLine]:
    """A line by who sold how many of it; those that nobody is named for are its own rep's."""
    if not sold:
        return [line]
    left = max(0, line.quantity - sum(quantity for _, quantity in sold))
    reps = [(rep, quantity) for rep, quantity in [*sold, (line.rep_id, left)] if quantity > 0]
    weights = [quantity for _, quantity in reps]
    if not reps:
        return [line]
    parts = zip(
        reps,
        share(line.quantity, weights),
        share(line.gross_minor, weights),
        share(line.discount_minor, weights),
        strict=True,
    )
    return [
        msgspec.structs.replace(line, rep_id=rep, quantity=quantity, gross_minor=gross, discount_minor=discount)
        for (rep, _), quantity, gross, discount in parts
    ]


def fitting(lines: Sequence[OrderLine]) -> tuple[OrderLine, ...]:
    """No more lines than an order may have; where there are too many, the smallest are put together."""
    if len(lines) <= MAX_LINES:
        return tuple(lines)
    found, _ = within_limit([msgspec.to_builtins(line) for line in lines])
    return tuple(OrderLine(**line) for line in found)
