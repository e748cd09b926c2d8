"""Rates, differences of rates, and intervals at their ends."""

from math import exp, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kpi_stream.kpis.kpi import Estimate, Flag, Unit
from services.kpi_stream.kpis.rates import change_of_rate, difference_of, rate_of
from services.kpi_stream.kpis.statistics import LEVEL, Z, adjusted_wald, newcombe, none_of, quasi_poisson, wilson

counts = st.integers(0, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_a_rate_is_told_with_what_it_rests_on(counted: tuple[int, int]) -> None:
    part, whole = counted
    found = rate_of(part, whole, (Flag.SMALL_N,))
    assert (found.numerator, found.denominator, found.n, found.unit) == (part, whole, whole, Unit.RATIO)
    assert found.flags == (Flag.SMALL_N,)
    assert found.interval == wilson(part, whole)
    assert found.value == (part / whole if whole else None)
    assert rate_of(part, whole).flags == ()


@given(counts, counts)
def test_a_difference_rests_on_the_smaller_and_is_not_known_of_nothing(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    found = difference_of(*one, *other)
    assert found.n == min(one[1], other[1])
    assert found.interval == newcombe(*one, *other)
    assert (found.value is None) == (found.interval is None) == (one[1] == 0 or other[1] == 0)
    if found.value is not None:
        assert found.value == one[0] / one[1] - other[0] / other[1]


def rate(part: int | None, whole: int | None) -> Estimate:
    return Estimate(value=None, measures={}, numerator=part, denominator=whole)


@given(counts, counts)
def test_a_rate_has_changed_by_the_difference_now_less_before(now: tuple[int, int], before: tuple[int, int]) -> None:
    found = change_of_rate(rate(*now), rate(*before))
    assert found == (difference_of(*now, *before) if now[1] and before[1] else None)


def test_a_rate_that_is_not_known_has_not_changed() -> None:
    assert change_of_rate(rate(None, None), rate(1, 2)) is None
    assert change_of_rate(rate(1, 2), rate(None, None)) is None
    assert change_of_rate(rate(None, 2), rate(None, 4)) == difference_of(0, 2, 0, 4)


positive = st.floats(0.01, 100)


@given(positive, positive, st.lists(st.integers(1, 10**6), min_size=1, max_size=2))
def test_the_interval_of_a_ratio_is_as_far_below_as_above(ratio: float, dispersion: float, rests_on: list[int]) -> None:
    found = quasi_poisson(ratio, dispersion, *rests_on)
    assert found is not None
    assert (found.level, found.method) == (LEVEL, "quasi_poisson")
    factor = exp(Z * sqrt(sum(dispersion / count for count in rests_on)))
    assert found.low * factor == pytest.approx(ratio)
    assert found.high / factor == pytest.approx(ratio)


def test_what_nothing_was_counted_of_has_none() -> None:
    assert quasi_poisson(1.0, 1.0, 1) is not None
    assert quasi_poisson(0.0, 1.0, 1) is None
    assert quasi_poisson(1.0, 1.0, 0) is None
    assert quasi_poisson(1.0, 1.0, 1, 0) is None
    assert wilson(0, 1) is not None
    assert newcombe(0, 1, 0, 0) is None
    assert newcombe(0, 0, 0, 1) is None
    assert adjusted_wald(0, 0, 0) is None
    assert adjusted_wald(1, 0, 1) is not None


@given(positive, positive)
def test_of_nothing_the_interval_ends_where_nothing_would_be_just_as_surprising(expected: float, spread: float) -> None:
    found = none_of(expected, spread)
    assert found is not None
    assert found.low == 0
    mean = found.high * expected
    assert mean**2 == pytest.approx(Z**2 * spread * mean)
    assert none_of(0.0, spread) is None
