"""As many lines as an order may have: in any order to the same byte, as ids of events are made of them."""

from hashlib import sha256
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.events.orders import MAX_LINES
from services.common.order_lines import OTHER_SKU, Line, canonical, within_limit

PINNED = "c72382957a9545c2e6cf76496c3e136549b26f34d63b7858390b1ac92f21dbac"
"""Of what `many` came to when it was first imported: another would count every such order twice that comes again."""


def many(money: str = "gross_minor") -> list[Line]:
    reps: list[Any] = [{"rep_id": "ana"}, {"rep_id": "ben"}, {}]
    return [{"sku": f"s{n % 700}", "quantity": n % 5, money: (n * 37) % 900 - 100, **reps[n % 3]} for n in range(1203)]


def test_what_too_many_lines_come_to_never_changes() -> None:
    lines, combined = within_limit(many())
    assert (len(lines), combined) == (MAX_LINES, 1203 - MAX_LINES + 3)
    assert sha256(canonical.encode(lines)).hexdigest() == PINNED


@given(st.randoms(use_true_random=False), st.sampled_from(["gross_minor", "amount_minor"]))
@settings(max_examples=10)
def test_the_order_of_lines_does_not_matter_and_nothing_is_lost(random: Random, money: str) -> None:
    lines = many(money)
    random.shuffle(lines)
    found, _ = within_limit(lines)
    assert found == within_limit(many(money))[0]
    assert sum(line[money] for line in found) == sum(line[money] for line in lines)
    assert sum(line["quantity"] for line in found) == sum(line["quantity"] for line in lines)
    kept = [abs(line[money]) for line in found if line["sku"] != OTHER_SKU]
    assert len(kept) == MAX_LINES - 3
    assert kept == sorted((abs(line[money]) for line in lines), reverse=True)[: len(kept)]
