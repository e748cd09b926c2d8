"""Which way a number moved, and whether that is better."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.board.changes import Worth, change_of

numbers = st.floats(-1e6, 1e6)


def row(value: float | None, previous: float | None, *flags: str, **change: Any) -> dict[str, Any]:
    compared = {"value": value, "previous": previous}
    return {"compared": compared, "flags": list(flags), "related": {"change": change} if change else {}}


@given(numbers, numbers)
def test_what_is_better_one_way_is_worse_the_other_and_what_moved_neither_way_is_the_same(a: float, b: float) -> None:
    up, down = change_of(row(a, b), "up"), change_of(row(a, b), "down")
    assert up is not None
    assert down is not None
    assert up.direction == down.direction == (a > b) - (a < b)
    expected = {Worth.SAME} if a == b else {Worth.BETTER, Worth.WORSE}
    assert {up.worth, down.worth} == expected
    assert (up.worth is Worth.BETTER) == (a > b)


@given(numbers, numbers.filter(bool), st.sampled_from(["up", "down"]))
def test_what_rests_on_few_is_never_called_good_or_bad(value: float, step: float, good: str) -> None:
    few = change_of(row(value, value + step, "small_n"), good)
    assert few is not None
    assert few.worth in (Worth.FEW, Worth.SAME)


def test_what_the_read_api_says_did_not_move_did_not() -> None:
    within = change_of(row(23, 25, details={"moved": False, "margin": 11.0}), "up")
    assert within == (23, 25, 0, Worth.WITHIN, 11.0)
    assert change_of(row(23, 40, details={"moved": True, "margin": 11.0}), "up") == (23, 40, -1, Worth.WORSE, 11.0)


def test_a_change_whose_interval_holds_0_did_not_move() -> None:
    held = change_of(row(0.2, 0.1, interval={"low": -0.1, "high": 0.3}), "up")
    beyond = change_of(row(0.2, 0.1, interval={"low": 0.05, "high": 0.15}), "up")
    assert held is not None
    assert beyond is not None
    assert (held.worth, beyond.worth) == (Worth.WITHIN, Worth.BETTER)


def test_without_both_sides_there_is_no_change() -> None:
    assert change_of(row(None, 3), "up") is None
    assert change_of(row(3, None), "up") is None
    assert change_of({"compared": None}, "up") is None
