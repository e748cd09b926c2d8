"""The lines of one order, whatever order they come in: as many as the contract takes."""

from collections.abc import Sequence
from typing import Any

import msgspec

from services.common.events.orders import MAX_LINES

OTHER_SKU = "other"
"""The sku of what is too much for one order."""
SUMMED = ("quantity", "gross_minor", "discount_minor", "amount_minor")

Line = dict[str, Any]
"""Fields of an order's line, or of a return's; those that are not said are absent."""

canonical = msgspec.json.Encoder(order="sorted")
"""Equal content, equal bytes."""


def ordered(lines: Sequence[Line]) -> list[Line]:
    """Lines in an order of their own, so that the same lines in any order make the same event."""
    return sorted(lines, key=canonical.encode)


def within_limit(lines: Sequence[Line]) -> tuple[list[Line], int]:
    """As many lines as the contract takes, and how many were put together for that: the smallest, to the cent, into one
    for each rep."""
    if len(lines) <= MAX_LINES:
        return ordered(lines), 0
    by_size = sorted(lines, key=lambda line: (-abs(line.get(money_of(line), 0)), canonical.encode(line)))
    room = max(0, MAX_LINES - len({line.get("rep_id") for line in lines}))
    kept, rest = by_size[:room], by_size[room:]
    return [*kept, *_put_together(rest)], len(rest)


def money_of(line: Line) -> str:
    """The field that says what a line is worth."""
    return "gross_minor" if "gross_minor" in line else "amount_minor"


def _put_together(lines: Sequence[Line]) -> list[Line]:
    by_rep: dict[str | None, Line] = {}
    for line in lines:
        rep = line.get("rep_id")
        into = by_rep.setdefault(rep, {"sku": OTHER_SKU, **({"rep_id": rep} if rep is not None else {})})
        for name in SUMMED:
            if name in line:
                into[name] = into.get(name, 0) + line[name]
    return sorted(by_rep.values(), key=canonical.encode)
