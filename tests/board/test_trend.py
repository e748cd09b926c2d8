"""A trend: which points it shows, and where they lie in a picture."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.board.plots import BOTTOM, LEFT, MOST_TICKS, RIGHT, TOP, plot
from services.board.trend import REACHES, Point, Reach, Trend, first_of, trend_of

TODAY = date(2026, 11, 26)
DAYS, MONTHS = REACHES["30d"], REACHES["12m"]
WIDTH, HEIGHT = 400, 200

Values = Sequence[float | None]


def series(values: Values, *, unit: str = "count", immature: int = 0) -> dict[str, Any]:
    """A series by the day that ends today; its last so many days are not mature."""
    first = TODAY - timedelta(days=len(values) - 1)
    points = [
        {
            "at": (first + timedelta(days=i)).isoformat(),
            "value": value,
            "n": value,
            "interval": None if value is None else {"low": value - 1, "high": value + 2},
            "flags": ["immature"] if i >= len(values) - immature else [],
        }
        for i, value in enumerate(values)
    ]
    return {"unit": unit, "rolling": 1, "rows": [{"by": {}, "points": points}]}


def trend(values: Values, target: float | None = None) -> Trend:
    return trend_of(series(values), DAYS, TODAY, target)


def points_of(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in path.split())]


def test_the_last_thirty_days_are_shown_beside_the_thirty_before() -> None:
    shown = trend([*range(1, 92)])
    assert [point.value for point in shown.points] == [*range(62, 92)]
    assert [point.before for point in shown.points] == [*range(32, 62)]
    assert [point.is_open for point in shown.points] == [False] * 29 + [True]
    assert shown.points[-1].at == TODAY


def test_days_that_are_not_mature_are_left_out_and_counted() -> None:
    shown = trend_of(series([*range(1, 92)], unit="ratio", immature=31), DAYS, TODAY, None)
    assert ([point.value for point in shown.points], shown.left_out) == ([*range(31, 61)], 31)


def test_what_was_before_the_first_events_is_no_zero() -> None:
    shown = trend([0, None, 0, 5, 0, 7])
    assert [point.value for point in shown.points] == [5, 0, 7]
    assert not shown.has_before


@pytest.mark.parametrize(
    ("unit", "by_day", "by_month"), [("count", 40.0, 1200), ("EUR", 40.0, 1200), ("ratio", 1200, 1200)]
)
def test_the_target_of_a_sum_is_spread_over_the_days_of_its_month(unit: str, by_day: float, by_month: float) -> None:
    answer = series([1, 2], unit=unit)
    assert trend_of(answer, DAYS, TODAY, 1200).target == by_day
    assert trend_of(answer, MONTHS, TODAY, 1200).target == by_month
    assert trend_of(answer, DAYS, TODAY, None).target is None


@given(
    st.lists(st.none() | st.integers(-1000, 1000) | st.floats(0.0001, 1), min_size=2, max_size=91),
    st.none() | st.integers(-50, 3000),
    st.sampled_from([0.0, 100.0]),
)
def test_all_that_is_drawn_lies_within_the_axes_and_these_hold_the_base(
    values: Values, target: float | None, base: float
) -> None:
    shown = trend(values, target)
    drawn = plot(shown, base, WIDTH, HEIGHT)
    assert (drawn is None) == (len(shown.known) < 2)
    if drawn is None:
        return
    assert [tick.value for tick in drawn.ticks if tick.is_base] == [base]
    assert 2 <= len(drawn.ticks) <= 2 * MOST_TICKS
    paths = [*drawn.lines, *drawn.before, *drawn.bands, *([drawn.open_line] if drawn.open_line else [])]
    marked = [(mark.x, mark.y) for mark in drawn.marks if mark.y is not None]
    for x, y in [*marked, *(place for path in paths for place in points_of(path))]:
        assert LEFT - 0.1 <= x <= WIDTH - RIGHT + 0.1
        assert TOP - 0.1 <= y <= HEIGHT - BOTTOM + 0.1
    assert len(marked) == len(shown.known)
    assert drawn.marks[-1].word


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=30))
def test_greater_is_higher_and_later_is_further_right(values: list[int]) -> None:
    drawn = plot(trend([1, *values]), 0.0, WIDTH, HEIGHT)
    assert drawn is not None
    xs = [mark.x for mark in drawn.marks]
    assert xs == sorted(xs)
    by_value = sorted(drawn.marks, key=lambda mark: mark.point.value or 0)
    heights = [mark.y for mark in by_value if mark.y is not None]
    assert heights == sorted(heights, reverse=True)


def test_a_gap_breaks_the_line_and_a_point_alone_is_marked() -> None:
    drawn = plot(trend([5, 6, None, 7, None, 8, 9, 10]), 0.0, WIDTH, HEIGHT)
    assert drawn is not None
    assert [len(points_of(line)) for line in drawn.lines] == [2, 2]
    assert [mark.point.value for mark in drawn.marks if mark.is_alone and mark.y is not None] == [7]
    assert len(points_of(drawn.open_line)) == 2  # to today, which is not over


def test_words_below_the_axis_have_room() -> None:
    points = tuple(Point(date(2026, 10, 1) + timedelta(days=i), i, None, i, None, None, (), False) for i in range(30))
    for width in (380, 820):
        drawn = plot(Trend("day", 1, points, 0, None, False), 0.0, width, HEIGHT)
        assert drawn is not None
        xs = [mark.x for mark in drawn.marks if mark.word]
        assert min(b - a for a, b in pairwise(xs)) >= 50


@given(st.dates(date(2024, 1, 1), date(2028, 12, 31)), st.sampled_from(list(REACHES.values())))
def test_what_is_looked_for_begins_so_many_days_or_months_before(today: date, reach: Reach) -> None:
    first = first_of(reach, today)
    if reach.step == "day":
        assert (today - first).days == reach.looked_for - 1
    else:
        months = (today.year - first.year) * 12 + today.month - first.month
        assert (months, first.day) == (reach.looked_for - 1, 1)
