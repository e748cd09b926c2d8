from math import sqrt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.rates import confint_poisson_2indep

from services.kpi_stream.kpis.statistics import Z, newcombe, quasi_poisson, wilson


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_wilson_solves_its_own_equation(n: int, share: float) -> None:
    """Its ends are where the observed rate lies just Z standard errors of the end itself away (Wilson 1927)."""
    successes = round(share * n)
    interval = wilson(successes, n)
    assert interval is not None
    rate = successes / n
    for end in (interval.low, interval.high):
        if 0 < end < 1:
            assert abs(rate - end) == pytest.approx(Z * sqrt(end * (1 - end) / n), rel=1e-6, abs=1e-12)
    assert 0 <= interval.low <= rate + 1e-12
    assert rate - 1e-12 <= interval.high <= 1


def test_wilson_as_published() -> None:
    """Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, and 0 of 20."""
    interval = wilson(81, 263)
    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)
    nothing = wilson(0, 20)
    assert nothing is not None
    assert (nothing.low, round(nothing.high, 4)) == (0.0, 0.1611)


def test_nothing_has_no_interval() -> None:
    assert wilson(0, 0) is None


counts = st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_wilson_equals_statsmodels(counted: tuple[int, int]) -> None:
    interval = wilson(*counted)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx(
        proportion_confint(*counted, method="wilson"), rel=1e-9, abs=1e-9
    )


@given(counts, counts)
def test_newcombe_equals_statsmodels(one: tuple[int, int], other: tuple[int, int]) -> None:
    interval = newcombe(*one, *other)
    assert interval is not None
    theirs = confint_proportions_2indep(*one, *other, method="newcomb", compare="diff", correction=False)
    assert (interval.low, interval.high) == pytest.approx(theirs, rel=1e-9, abs=1e-9)


def test_newcombe_as_published() -> None:
    """Newcombe, Statistics in Medicine 17 (1998), table II: 56 of 70 and 48 of 80, and 10 of 10 and 0 of 10."""
    interval = newcombe(56, 70, 48, 80)
    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.0524, 0.3339)
    apart = newcombe(10, 10, 0, 10)
    assert apart is not None
    assert (round(apart.low, 4), round(apart.high, 4)) == (0.6075, 1.0)
    assert newcombe(1, 2, 0, 0) is None


many = st.integers(1, 10**6)
ratios = st.floats(1e-3, 1e3)
dispersions = st.floats(0.1, 100)


def ends(ratio: float, dispersion: float, *counts: int) -> tuple[float, float]:
    interval = quasi_poisson(ratio, dispersion, *counts)
    assert interval is not None
    return interval.low, interval.high


@given(many, many, st.floats(0.1, 1000), st.floats(0.1, 1000))
def test_a_ratio_of_chance_alone_equals_statsmodels(x: int, y: int, exposure: float, other: float) -> None:
    theirs = confint_poisson_2indep(x, exposure, y, other, method="wald-log", compare="ratio")
    assert ends((x / exposure) / (y / other), 1, x, y) == pytest.approx(theirs, rel=1e-9)


@given(ratios, dispersions, many, many)
def test_a_ratio_lies_in_its_interval_and_swapped_sides_invert_both(
    ratio: float, dispersion: float, x: int, y: int
) -> None:
    low, high = ends(ratio, dispersion, x, y)
    assert 0 < low < ratio < high
    assert ends(1 / ratio, dispersion, y, x) == pytest.approx((1 / high, 1 / low))


@given(ratios, dispersions, many, many, st.integers(1, 1000))
def test_a_ratio_is_less_sure_the_more_days_vary_and_the_fewer_were_counted(
    ratio: float, dispersion: float, x: int, y: int, more: int
) -> None:
    low, high = ends(ratio, dispersion, x, y)
    for wider in (ends(ratio, dispersion + more, x, y), ends(ratio, dispersion, x, 1)) if y > 1 else ():
        assert wider[0] < low
        assert wider[1] > high
    assert ends(ratio, dispersion, x)[1] < high


@pytest.mark.parametrize(
    ("ratio", "counts"), [(0.0, (5, 5)), (-1.0, (5, 5)), (1.0, (0, 5)), (1.0, (5, 0)), (1.0, (0,))]
)
def test_nothing_is_said_of_a_ratio_that_has_no_logarithm_or_rests_on_nothing(
    ratio: float, counts: tuple[int, ...]
) -> None:
    assert quasi_poisson(ratio, 1, *counts) is None


def test_the_interval_holds_the_true_ratio_in_95_of_100_cases_where_days_vary_as_declared() -> None:
    """Counts of twice the variance of chance: sums of pairs, as if customers came two by two."""
    random, true, held = Random(9), 0.8, 0
    for _ in range(4000):
        now, before = (2 * sum(random.random() < mean / 2000 for _ in range(1000)) for mean in (80.0, 100.0))
        low, high = ends(now / before, 2.0, now, before)
        held += low <= true <= high
    assert 0.94 < held / 4000 < 0.97
