"""`make bench-alarms` in small; and that what it judges, and how, is what the product does."""

from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.calendar import COMPANY, Span
from services.common.windows import ROLLING_DAYS, Grain, named_window
from services.kpi_stream.alerting.judging import QUIET, Standing
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.cuts import ALL
from services.kpi_stream.kpis.kpi import Estimate, same_point
from services.kpi_stream.kpis.statistics import quasi_poisson
from services.kpi_stream.kpis.threshold import Side
from services.kpi_stream.kpis.world import World
from services.kpi_stream.progress import Progress
from services.kpi_stream.rows import subject_of
from tests.benchmarks.alarms.cases import CASES, Case
from tests.benchmarks.alarms.company import MEDIUM
from tests.benchmarks.alarms.judges import Judge, Readings
from tests.benchmarks.alarms.rates import LEADS, OLD, RECENT, SPELLS, Compared
from tests.benchmarks.alarms.report import PAGE, asked, written
from tests.benchmarks.alarms.study import compare
from tests.benchmarks.alarms.sums import compared_hours, elapsed_of, quasi_poisson_high
from tests.benchmarks.alarms.timeline import SLOT, number
from tests.kpi_stream.alerting.scenarios import STEP, any_reading, any_threshold
from tests.support.events import PARIS
from tests.support.judging import judge
from tests.support.world import world

NOW = datetime(2026, 1, 5, tzinfo=UTC)
RUNS, SEED = 60, 3
KPIS = all_kpis()
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
random_instants = st.datetimes(
    datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(PARIS), allow_imaginary=False
)


@cases
def test_it_is_wrong_less_often_than_a_plain_threshold_and_finds_most_falls(case: Case) -> None:
    found = compare(case, MEDIUM, RUNS, SEED)
    assert found.plain.false_alarms > 0
    assert found.ours.false_alarms < found.plain.false_alarms / 2
    assert found.alike.false_alarms > found.plain.false_alarms
    assert found.ours.found > 0.5


def test_the_same_seed_makes_the_same_figures() -> None:
    assert compare(CASES[-1], MEDIUM, RUNS, SEED) == compare(CASES[-1], MEDIUM, RUNS, SEED)


def test_a_table_is_put_between_its_marks() -> None:
    page = PAGE.read_text()
    changed = written(page, "alarms", ["| a |", "| b |"])
    assert "by `make bench-alarms` -->\n| a |\n| b |\n<!-- end of alarms -->" in changed
    assert changed.split("<!-- alarms")[0] == page.split("<!-- alarms")[0]
    assert changed.split("<!-- end of alarms")[1] == page.split("<!-- end of alarms")[1]


@cases
def test_the_page_tells_of_the_defaults_as_they_are(case: Case) -> None:
    """Where one is changed, `make bench-alarms` has to be run again."""
    assert f"| `{case.alert}` | {asked(case.threshold)} |" in PAGE.read_text()


def test_many_are_judged_as_one_is() -> None:
    random = Random(1)
    below = [each for each in (any_threshold(random) for _ in range(60)) if each.side is Side.BELOW]
    for threshold in below:
        slow = replace(threshold, lasts=threshold.lasts * (SLOT // STEP))
        many, states = Judge(slow, RUNS), [QUIET] * RUNS
        for slot in range(40):
            is_open = random.random() < 0.8
            readings = [any_reading(random)._replace(open=is_open, trusted=True) for _ in states]
            states = [
                judge(slow, reading, NOW + slot * SLOT, state).state
                for reading, state in zip(readings, states, strict=True)
            ]
            fired = many.fires
            columns = [np.array([getattr(each, name) for each in readings], float) for name in Readings._fields]
            begins = many.look(Readings(*columns), np.full(RUNS, is_open))
            assert many.fires.tolist() == [state.standing is Standing.FIRING for state in states]
            assert begins.tolist() == (many.fires & ~fired).tolist()


@given(st.floats(0.01, 10), st.floats(1, 20), st.integers(1, 10_000), st.integers(1, 10_000))
def test_intervals_of_sums_are_the_products(ratio: float, dispersion: float, count: int, other: int) -> None:
    own = quasi_poisson(ratio, dispersion, count, other)
    assert own is not None
    many = quasi_poisson_high(np.array([ratio]), dispersion, np.array([count]), np.array([other]))
    assert many[0] == pytest.approx(own.high)


@given(random_instants)
def test_pace_is_told_when_the_product_tells_it_and_over_the_same_time(now: datetime) -> None:
    slot, _ = divmod(now.hour * 60 + now.minute, 5)
    wall = now.replace(hour=slot // 12, minute=slot % 12 * 5, second=0, microsecond=0)
    here = world(wall.astimezone(UTC))
    kpi = KPIS["new_leads"]
    subject = subject_of(ALL, "", named_window("mtd", here.now, here.calendar), here, {})
    progress = Progress.of(kpi, subject, Estimate(100, {}, events=100), 200, here)
    (elapsed,) = elapsed_of(np.array([number(now.date())]), slot)
    pace = None if np.isnan(elapsed) else pytest.approx(100 / 200 / elapsed)
    assert progress.pace == pace


@given(random_instants, st.sampled_from(["7d", "30d", "90d"]))
def test_sums_are_compared_over_the_same_hours_as_in_the_product(now: datetime, name: str) -> None:
    here = world(now.astimezone(UTC))
    found = same_point(named_window(name, here.now, here.calendar), here, COMPANY, Grain.HOUR)
    hours = compared_hours(now.hour, ROLLING_DAYS[name])
    if hours[0][0] == hours[0][1]:
        assert found is None
        return
    assert found is not None
    assert hours == tuple(_hours(spans["window"], now.date()) for spans in (found.current, found.previous))


def _hours(span: Span, today: date) -> tuple[int, ...]:
    """Of the clock on the wall, from today's midnight."""
    walls = (end.astimezone(PARIS) for end in span)
    return tuple((wall.date() - today).days * 24 + wall.hour for wall in walls)


@pytest.mark.parametrize(
    ("kpi", "window", "part", "compared"),
    [
        ("acquisition_rate", "30d", "cohort", LEADS),
        ("loyalty", "90d", "window", SPELLS),
        ("nps", "30d", "window", RECENT),
        ("add_on_sales", "30d", "window", RECENT),
        ("add_on_sales", "30d", "old", OLD),
    ],
)
def test_rates_are_compared_over_the_same_days_as_in_the_product(
    kpi: str, window: str, part: str, compared: Compared
) -> None:
    here = world("2026-11-23 10:00")
    found = KPIS[kpi].compared(named_window(window, here.now, here.calendar), here, COMPANY, KPIS[kpi].grain)
    assert found is not None
    ends = [[_days(end, here) for end in spans[part]] for spans in (found.current, found.previous)]
    now = [1 - compared.last - compared.many, 1 - compared.last]
    assert ends == [now, [end - compared.apart for end in now]]


def _days(instant: datetime, here: World) -> int:
    return (here.calendar.day_of(instant) - here.today).days
