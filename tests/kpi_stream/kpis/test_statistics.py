from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from services.kpi_stream.kpis.statistics import Z, newcombe, wilson


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
