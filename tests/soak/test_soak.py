"""A soak of a minute, and what its lines are worth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.soak.__main__ import report, run
from tests.soak.figures import LIMITS, WEEK, Held, Sample, growths, lasting_slope, restarted

SLOPES = st.floats(-1, 1)
PROGRAMS = ("ingest", "worker", "exporter", "survey", "pricing", "board", "alerts", "kafka", "redis")


def samples(*memory: float) -> list[Sample]:
    return [Sample(30.0 * i, {"worker": Held(7, mb, 20, 5)}, 1.0, 0, 0.1) for i, mb in enumerate(memory)]


@given(SLOPES, st.floats(0, 500), st.integers(6, 40))
def test_a_steady_growth_is_its_own_line(a_second: float, first: float, count: int) -> None:
    points = [(30.0 * i, first + a_second * 30 * i) for i in range(count)]

    assert lasting_slope(points) == pytest.approx(a_second, abs=1e-9)


@given(st.integers(0, 29), st.floats(0.1, 100))
def test_one_step_is_no_growth(at: int, height: float) -> None:
    assert lasting_slope([(30.0 * i, height * (i > at)) for i in range(30)]) == pytest.approx(0)


def test_what_fills_up_is_no_growth_and_a_leak_is() -> None:
    fills = [100 + min(i, 15) for i in range(30)]
    leaks = [100 + 0.1 * i for i in range(30)]

    assert [each for each in growths(samples(*fills)) if each.matters] == []
    grown = [each for each in growths(samples(*leaks)) if each.matters]
    assert [(each.program, each.figure) for each in grown] == [("worker", "memory_mb")]
    assert grown[0].in_a_week == pytest.approx(0.1 / 30 * WEEK)
    assert grown[0].in_a_week > LIMITS["memory_mb"]


def test_too_few_samples_make_no_line() -> None:
    with pytest.raises(ValueError, match="5 samples are too few"):
        list(growths(samples(1, 2, 3, 4, 5)))


def test_a_process_that_was_started_again_is_told() -> None:
    before, after = samples(1, 1)
    again = after._replace(held={"worker": after.held["worker"]._replace(pid=8)})

    assert restarted([before, after]) == []
    assert restarted([before, again]) == ["worker"]


def test_every_number_is_exact_after_a_minute() -> None:
    done = run(60, seed=5, say=print, every=5)

    table = report(done)
    assert done.comparison.differences == [], table
    assert done.comparison.events > 1_000
    assert done.answers > 0
    assert done.visible
    assert done.is_applied
    assert done.refused == {}
    assert {"answers of the read API", "pages of the board", "changes pushed"} <= done.read.keys()
    for program in PROGRAMS:
        assert f"| {program} | " in table
