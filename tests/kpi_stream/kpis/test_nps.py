from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from math import hypot, sqrt
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.events import Event
from services.common.windows import days_window
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.cuts import ALL
from services.kpi_stream.kpis.kpi import Estimate, Flag, Subject, Totals
from services.kpi_stream.kpis.statistics import adjusted_wald
from tests.support.events import at, event
from tests.support.world import engine_of, rows, total_row, world

NPS = all_kpis()["nps"]
NOW = "2026-11-23 10:37"
HERE = world(NOW)


def answers(day: str, scores: Sequence[int], name: str = "", **data: Any) -> list[Event]:
    given = {"touchpoint": "delivery", **data}
    return [
        event("nps.answered", f"{name}{day}-{i}", at(f"{day} 10:00"), score=s, **given) for i, s in enumerate(scores)
    ]


def target(value: float, **data: Any) -> Event:
    whose = {"measure": "nps", "period": "month", "starts_on": "2026-11-01", "value": value, **data}
    return event("target.set", None, at("2026-10-25 10:00"), **whose)


def estimated(promoters: int, passives: int, detractors: int) -> Estimate:
    window = days_window(HERE.today, HERE.today, HERE.calendar)
    counts = {"promoters": promoters, "passives": passives, "detractors": detractors}
    parts = {"window": Totals({**counts, "invited": 0, "delivered": 0, "answered": 0})}
    return NPS.estimate(parts, Subject(ALL, "", ("",), window, ALL.place("")), HERE)


def independent(scores: Sequence[int]) -> tuple[Decimal, float, float]:
    """NPS to one decimal, the centre of its interval and its margin, straight from the scores."""
    n = len(scores)
    worth = [100 if score in (9, 10) else -100 if score < 7 else 0 for score in scores]
    nps = (Decimal(sum(worth)) / n).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
    padded = [*worth, *([75, -75])]  # three more answers: 3/4 for, 3/4 against, the rest passive
    centre = sum(padded) / (n + 3)
    squares = (sum(w * w for w in worth) + 2 * 0.75 * 100**2) / (n + 3)
    return nps, centre, 1.96 * sqrt((squares - centre**2) / (n + 3))


def test_score_margin_and_change_equal_an_independent_implementation() -> None:
    random = Random(8)
    before: tuple[Estimate, Decimal, float, list[int]] | None = None
    for _ in range(10_000):
        weights = [random.random() ** 3 for _ in range(11)]
        scores = random.choices(range(11), weights, k=random.randint(5, random.choice((12, 60, 900))))
        classes = (sum(s > 8 for s in scores), sum(s in (7, 8) for s in scores), sum(s < 7 for s in scores))
        made = estimated(*classes)
        nps, centre, margin = independent(scores)
        assert made.interval is not None
        assert Decimal(str(made.value)) == nps
        assert made.interval.margin == pytest.approx(margin)
        assert made.interval.low == pytest.approx(max(-100, centre - margin))
        assert made.interval.high == pytest.approx(min(100, centre + margin))
        if before is not None:
            change = NPS.change and NPS.change(made, before[0])
            assert change is not None
            exact = sum((s > 8) - (s < 7) for s in scores) * 100 / len(scores)
            earlier = sum((s > 8) - (s < 7) for s in before[3]) * 100 / len(before[3])
            assert change.value == pytest.approx(exact - earlier, abs=0.0500001)
            assert change.details["margin"] == pytest.approx(hypot(margin, before[2]), abs=0.0500001)
            assert change.details["moved"] is (abs(exact - earlier) > hypot(margin, before[2]))
            assert change.interval is not None
            low, high = change.interval.low, change.interval.high
            assert (low + high) / 2 == pytest.approx(exact - earlier)
            assert (high - low) / 2 == pytest.approx(hypot(margin, before[2]))
            assert change.details["moved"] is not (low <= 0 <= high)
        before = (made, nps, margin, scores)


@pytest.mark.parametrize(("n", "margin"), [(25, 29), (50, 21), (100, 15), (200, 10.7), (400, 7.6), (1000, 4.8)])
def test_half_promoters_and_a_fifth_detractors(n: int, margin: float) -> None:
    interval = adjusted_wald(n / 2, n / 5, n)
    assert interval is not None
    assert interval.margin == pytest.approx(margin, abs=0.05 if n >= 200 else 0.5)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_interval_stays_on_the_scale(promoters: int, passives: int, detractors: int) -> None:
    interval = adjusted_wald(promoters, detractors, promoters + passives + detractors)
    if interval is not None:
        assert -100 <= interval.low <= interval.high <= 100


def test_nobody_has_no_interval() -> None:
    assert adjusted_wald(0, 0, 0) is None


def test_a_ninth_point_promotes_and_a_sixth_detracts() -> None:
    engine = engine_of(answers("2026-11-10", [10, 9, 9, 8, 7, 7, 6, 0]), HERE.now)
    row = total_row("nps", engine, HERE)
    assert row.value == 12.5
    assert row.n == 8
    assert {name: row.measures[name] for name in ("promoters", "passives", "detractors")} == {
        "promoters": 3,
        "passives": 3,
        "detractors": 2,
    }
    assert row.flags == [Flag.SMALL_N, Flag.NO_TARGET]


def test_a_target_is_missed_by_points() -> None:
    here = world(NOW, [target(20)])
    row = total_row("nps", engine_of(answers("2026-11-10", [10, 9, 9, 8, 7, 7, 6, 0]), here.now), here)
    assert (row.target, row.gap, row.pace) == (20, -7.5, None)


def test_a_score_moved_only_if_it_exceeds_both_margins() -> None:
    few = [*answers("2026-10-10", [9] * 5 + [6] * 5), *answers("2026-11-10", [9] * 7 + [6] * 3)]
    change = total_row("nps", engine_of(few, HERE.now), HERE).related["change"]
    assert (change.value, change.details["moved"]) == (40.0, False)
    many = [*answers("2026-10-10", [9] * 50 + [6] * 50), *answers("2026-11-10", [9] * 70 + [6] * 30)]
    row = total_row("nps", engine_of(many, HERE.now), HERE)
    assert (row.related["change"].value, row.related["change"].details["moved"]) == (40.0, True)
    assert row.compared is not None
    assert (row.compared.value, row.compared.previous) == (40.0, 0.0)


def test_fewer_than_five_tell_nothing_but_how_many_they_are() -> None:
    engine = engine_of(answers("2026-11-10", [10, 10, 0, 8]), HERE.now)
    row = total_row("nps", engine, HERE)
    assert (row.value, row.interval, row.n, row.gap) == (None, None, 4, None)
    assert [row.measures[name] for name in ("promoters", "passives", "detractors")] == [None] * 3
    assert row.compared is not None
    assert (row.compared.value, row.compared.previous) == (None, None)
    assert "change" not in row.related
    assert Flag.SUPPRESSED in row.flags
    by_touchpoint = rows("nps", engine, HERE, by="touchpoint")
    assert by_touchpoint["delivery"].value is None
    assert Flag.SUPPRESSED in by_touchpoint["delivery"].flags


def test_response_rate_is_by_the_day_of_the_invitation_and_by_touchpoint() -> None:
    asked = [("i1", "delivery", True), ("i2", "delivery", True), ("i3", "shop", True), ("i4", "shop", False)]
    events = [
        event("survey.invited", name, at("2026-10-30 10:00"), survey="nps", touchpoint=touchpoint, delivered=delivered)
        for name, touchpoint, delivered in asked
    ]
    events += [event("survey.invited", "i5", at("2026-10-30 10:00"), survey="x", touchpoint="shop", delivered=True)]
    events += [event("nps.answered", name, at("2026-11-02 10:00"), score=9, touchpoint="shop") for name in ("i1", "i4")]
    engine = engine_of(events, HERE.now)
    october = "2026-10-01/2026-10-31"
    row = total_row("nps", engine, HERE, window=october)
    rate = row.related["response_rate"]
    assert (rate.numerator, rate.denominator, rate.value) == (1, 3, 1 / 3)
    assert Flag.IMMATURE not in rate.flags
    assert Flag.IMMATURE in total_row("nps", engine, HERE, window="30d").related["response_rate"].flags
    by_touchpoint = rows("nps", engine, HERE, window=october, by="touchpoint")
    assert {name: row.related["response_rate"].value for name, row in by_touchpoint.items()} == {
        "delivery": 0.5,
        "shop": 0.0,
    }
    assert by_touchpoint["shop"].measures["invited"] == 2
    assert "response_rate" not in rows("nps", engine, HERE, by="channel")["unknown"].related


def test_a_correction_takes_the_place_of_the_answer() -> None:
    first = answers("2026-11-10", [3] * 6)
    corrected = event(
        "nps.answered", first[0].subject, at("2026-11-10 09:00"), score=9, touchpoint="delivery", revision=1
    )
    assert total_row("nps", engine_of([corrected, *first], HERE.now), HERE).measures["promoters"] == 1


def test_a_reps_row_counts_whole_blocks_that_are_settled() -> None:
    days = ("2026-11-02", "2026-11-04", "2026-11-06")
    events = [each for day in days for each in answers(day, [9, 9], rep_id="ana")]
    assert rows("nps", engine_of(events, HERE.now), HERE, window="ytd", by="rep")["ana"].n == 6
    early = world("2026-11-07 23:59")
    assert rows("nps", engine_of(events, early.now), early, window="ytd", by="rep") == {}
    cut = rows("nps", engine_of(events, HERE.now), HERE, window="2026-11-03/2026-11-20", by="rep")
    assert cut == {}


def test_a_rep_with_a_target_and_an_open_block_is_told_as_suppressed() -> None:
    here = world(NOW, [target(40, rep_id="ana")])
    row = rows("nps", engine_of(answers("2026-11-02", [9, 9], rep_id="ana"), here.now), here, by="rep")["ana"]
    assert (row.value, row.n, row.gap, row.target) == (None, 0, None, 40)
    assert Flag.SUPPRESSED in row.flags


def test_blocks_begin_anew_with_the_year() -> None:
    here = world("2026-02-10 12:00")
    events = [*answers("2025-12-30", [9] * 4, rep_id="ana"), *answers("2026-01-05", [6] * 5, rep_id="ana")]
    row = rows("nps", engine_of(events, here.now), here, window="2025-01-01/2026-02-10", by="rep")["ana"]
    assert (row.n, row.value) == (5, -100.0)


def test_a_window_that_ends_with_a_block_holds_it() -> None:
    events = answers("2026-11-10", [9] * 5, store_id="lyon")
    engine = engine_of(events, HERE.now)
    for last, n in (("2026-11-09", None), ("2026-11-10", 5), ("2026-11-11", 5)):
        found = rows("nps", engine, HERE, window=f"2026-01-01/{last}", by="store")
        assert (found["lyon"].n if found else None) == n
    later = world(HERE.now + timedelta(days=100))
    assert rows("nps", engine, later, window="2026-01-01/2026-11-10", by="store")["lyon"].n == 5
