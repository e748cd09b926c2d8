from math import exp, sqrt
from typing import Any

import pytest

from services.common.events import Event
from services.kpi_stream.kpis.kpi import Flag
from services.kpi_stream.kpis.new_leads import objective
from tests.support.events import at, event
from tests.support.world import engine_of, rows, total_row, world

NOW = "2026-11-23 10:37"


def leads(count: int, day: str, rep: str = "ana", **data: Any) -> list[Event]:
    return [event("lead.created", f"{rep}-{day}-{i}", at(f"{day} 09:30"), rep_id=rep, **data) for i in range(count)]


def target(value: float, month: str = "2026-11-01", *, stated: str = "2026-10-25 10:00", **data: Any) -> Event:
    return event(
        "target.set", None, at(stated), measure="new_leads", period="month", starts_on=month, value=value, **data
    )


def test_a_month_stands_against_its_target_by_opening_time() -> None:
    here = world(NOW, [target(48)])
    engine = engine_of([*leads(30, "2026-11-02"), *leads(20, "2026-10-05")], here.now)
    row = total_row("new_leads", engine, here)
    # November 2026 has 25 Mondays to Saturdays, less the 11th; of its 240 hours 17 x 10 + 1:37 have gone.
    elapsed = (170 + 97 / 60) / 240
    assert row.value == 30
    assert row.target == 48
    assert row.attainment == pytest.approx(30 / 48)
    assert row.elapsed == pytest.approx(elapsed)
    assert row.pace == pytest.approx(30 / 48 / elapsed)
    assert row.pace_interval is not None
    factor = exp(1.96 * sqrt(1.6 / 30))
    assert (row.pace_interval.low, row.pace_interval.high) == pytest.approx(
        (row.pace / factor, row.pace * factor), rel=1e-4
    )
    assert row.projection == pytest.approx(30 / elapsed)
    assert row.required == pytest.approx(18 / 7)  # today and the six opening days after it
    assert row.n == pytest.approx(48 * elapsed, abs=0.01)
    assert row.compared is not None
    assert (row.compared.value, row.compared.previous) == (30, 20)
    assert row.flags == []


def test_few_is_judged_by_what_was_expected() -> None:
    here = world(NOW)
    engine = engine_of([*leads(3, "2026-11-02"), *leads(20, "2026-10-05")], here.now)
    assert total_row("new_leads", engine, here).n == 20
    assert Flag.SMALL_N not in total_row("new_leads", engine, here).flags
    assert Flag.SMALL_N in total_row("new_leads", engine, here, window="7d").flags


def test_pace_is_empty_until_an_opening_day_has_gone() -> None:
    here = world("2026-11-02 18:00", [target(48)])
    engine = engine_of(leads(5, "2026-11-02"), here.now)
    row = total_row("new_leads", engine, here)
    assert (row.pace, row.pace_interval) == (None, None)
    assert row.attainment is not None
    later = world("2026-11-02 19:00", [target(48)])
    assert total_row("new_leads", engine, later).pace is not None


def test_a_closed_month_keeps_the_target_of_its_close() -> None:
    late = target(99, "2026-10-01", stated="2026-11-05 10:00")
    here = world(NOW, [target(40, "2026-10-01", stated="2026-09-25 10:00"), late])
    engine = engine_of(leads(20, "2026-10-05"), here.now)
    row = total_row("new_leads", engine, here, window="2026-10-01/2026-10-31")
    assert row.target == 40
    assert row.attainment == 0.5
    assert (row.pace, row.required) == (None, None)
    assert total_row("new_leads", engine, here, window="2026-10-01/2026-10-30").target is None


def test_targets_are_shown_only_in_the_window_of_their_period() -> None:
    here = world(NOW, [target(48)])
    engine = engine_of(leads(5, "2026-11-02"), here.now)
    assert total_row("new_leads", engine, here, window="qtd").target is None
    assert Flag.NO_TARGET in total_row("new_leads", engine, here, window="qtd").flags
    assert total_row("new_leads", engine, here, window="30d").target is None


def test_reps_and_teams_have_targets_of_their_own() -> None:
    stated = [target(10, rep_id="ana"), target(30, team_id="north"), target(5, rep_id="zoe")]
    teams = [
        event("rep.set", rep, at("2026-01-01 09:00"), alias=rep.title(), team_id="north") for rep in ("ana", "bob")
    ]
    here = world(NOW, [*stated, *teams])
    engine = engine_of(
        [*leads(7, "2026-11-02"), *leads(4, "2026-11-03", "bob"), *leads(1, "2026-11-03", "carl")], here.now
    )
    by_rep = rows("new_leads", engine, here, by="rep")
    assert {rep: (row.value, row.target, row.label) for rep, row in by_rep.items()} == {
        "ana": (7, 10, "Ana"),
        "bob": (4, None, "Bob"),
        "carl": (1, None, "carl"),
        "zoe": (0, 5, "zoe"),
    }
    by_team = rows("new_leads", engine, here, by="team")
    assert {team: (row.value, row.target) for team, row in by_team.items()} == {"north": (11, 30)}


def test_a_member_with_nothing_to_say_is_left_out() -> None:
    here = world(NOW)
    engine = engine_of([*leads(1, "2026-03-02", "gone"), *leads(1, "2026-11-02", "ana")], here.now)
    assert set(rows("new_leads", engine, here, by="rep")) == {"ana"}


def test_the_objective_is_judged_over_three_closed_months() -> None:
    months = ("2026-08", "2026-09", "2026-10")
    stated = [
        target(10, f"{m}-01", stated="2026-07-01 10:00", rep_id=rep) for m in months for rep in ("ana", "bob", "cleo")
    ]
    here = world(NOW, stated)
    events = [
        lead for m in months for rep, n in (("ana", 4), ("bob", 6), ("cleo", 12)) for lead in leads(n, f"{m}-04", rep)
    ]
    judged = total_row("new_leads", engine_of(events, here.now), here).related["objective"]
    assert judged.value == pytest.approx(0.6)
    assert judged.details == {"verdict": "looks_too_high", "reps": 3, "periods": 3}


@pytest.mark.parametrize(
    ("attained", "verdict"),
    [([0.69] * 9, "looks_too_high"), ([0.7] * 9, "fits"), ([1.3] * 9, "fits"), ([1.31] * 9, "looks_too_low")],
)
def test_verdicts_change_at_their_borders(attained: list[float], verdict: str) -> None:
    assert objective(attained, reps=3, periods=3).details["verdict"] == verdict


def test_there_is_no_verdict_on_few_reps_or_periods() -> None:
    assert objective([2.0] * 6, reps=2, periods=3).details["verdict"] is None
    assert objective([2.0] * 6, reps=3, periods=2).details["verdict"] is None
