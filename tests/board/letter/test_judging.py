from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.board.letter.judging import LEAST_WEEKS, Verdict, judge

values = st.floats(0, 1e6)
weeks = st.lists(values, min_size=LEAST_WEEKS, max_size=8)


def row(
    value: float | None, previous: float | None, *flags: str, change: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A row of the read API; `change`: what it says of the change."""
    compared = {"value": value, "previous": previous, "until": "2026-11-22T23:00:00Z"}
    related = {"change": change} if change else {}
    return {"value": value, "compared": compared, "flags": list(flags), "related": related}


def interval(low: float, high: float) -> dict[str, Any]:
    return {"value": (low + high) / 2, "interval": {"low": low, "high": high}}


@given(values, weeks, st.sampled_from(["count", "EUR", "index", "score"]))
def test_what_moved_lies_beyond_the_edge_of_noise_on_the_side_that_it_moved_to(
    value: float, before: list[float], unit: str
) -> None:
    found = judge(row(value, before[0]), unit, before)
    assert found.noise is not None
    if found.verdict is Verdict.MOVED:
        assert not found.noise.low <= value <= found.noise.high
        assert (value - before[0]) * found.strength > 0
        assert abs(found.strength) > 1
    else:
        assert found.verdict is Verdict.STEADY


@given(st.floats(-1, 1), st.floats(0.001, 1))
def test_a_rate_moved_if_the_interval_of_its_change_does_not_hold_0(low: float, length: float) -> None:
    high = low + length
    found = judge(row(0.5, 0.4, change=interval(low, high)), "ratio", [])
    assert found.verdict is (Verdict.STEADY if low <= 0 <= high else Verdict.MOVED)
    assert abs(found.strength) >= 1 or found.verdict is Verdict.STEADY


@given(values, weeks)
def test_what_rests_on_few_is_never_news(value: float, before: list[float]) -> None:
    assert judge(row(value, before[0], "small_n"), "count", before).verdict is Verdict.FEW


def test_a_change_of_which_one_side_rests_on_few_is_no_news() -> None:
    change = {**interval(0.2, 0.4), "flags": ["small_n"], "n": 12}
    assert judge(row(0.9, 0.6, change=change), "ratio", []).verdict is Verdict.FEW


def test_a_score_moved_if_the_read_api_says_so() -> None:
    for moved in (False, True):
        change = {"value": 11.0, "details": {"margin": 10.0, "moved": moved}}
        found = judge(row(25, 14, change=change), "points", [])
        assert found.verdict is (Verdict.MOVED if moved else Verdict.STEADY)
        assert found.noise is not None
        assert (found.noise.low, found.noise.high, found.noise.of_change) == (1.0, 21.0, True)


def test_the_interval_of_one_more_week() -> None:
    """By hand: of 2 4 4 4 5 5 7 9 the mean is 5 and the sample's deviation 2.138; 5 ± 2.365 x 2.138 x √(9/8)."""
    before = [2.0, 4, 4, 4, 5, 5, 7, 9]
    for value, verdict in ((10.3, Verdict.STEADY), (10.4, Verdict.MOVED)):
        found = judge(row(value, 2), "EUR", before)
        assert found.verdict is verdict
        assert found.noise is not None
        assert (found.noise.low, found.noise.high) == (pytest.approx(-0.363, abs=1e-3), pytest.approx(10.363, abs=1e-3))


def test_even_counts_are_allowed_what_chance_makes_of_them() -> None:
    before = [100.0] * 8
    assert judge(row(120, 100), "count", before).verdict is Verdict.STEADY
    assert judge(row(130, 100), "count", before).verdict is Verdict.MOVED
    assert judge(row(101, 100), "EUR", before).verdict is Verdict.MOVED


def test_what_comes_back_from_further_out_did_not_move_away() -> None:
    before = [300.0, 100, 101, 99, 100, 100, 102, 98]
    assert judge(row(700, 300), "EUR", before).verdict is Verdict.MOVED
    found = judge(row(700, 800), "EUR", before)
    assert (found.verdict, found.strength) == (Verdict.STEADY, 0.0)


def test_a_score_that_differs_by_no_more_than_its_rounding_did_not_move() -> None:
    before = [7.0] * 8
    assert judge(row(7.5, 7.0), "score", before).verdict is Verdict.STEADY
    assert judge(row(8.0, 7.0), "score", before).verdict is Verdict.MOVED


def test_what_is_not_known_is_not_judged() -> None:
    assert judge(row(None, 5), "count", [5.0] * 8).verdict is Verdict.UNKNOWN
    assert judge(row(5, None), "count", [5.0] * 8).verdict is Verdict.ALONE
    assert judge({**row(5, 5), "compared": None}, "count", [5.0] * 8).verdict is Verdict.ALONE
    assert judge(row(5, 6), "count", [5.0] * 3 + [None] * 5).verdict is Verdict.SHORT
