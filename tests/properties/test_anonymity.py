"""An attack on the NPS by rep and store: whatever is asked, and whenever, no few answers can be told apart.

The attacker reads everything that the read API says of a member: rows of any days, both sides of `compared`, series by
day and month of any rolling days. Spans are compared with the spans within them, and each with itself a moment later:
what lies between the two must be no answer at all, or at least five.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from services.common.calendar import DAY
from services.common.events import Event
from services.common.windows import DAY_WINDOWS, days_window, named_window
from services.kpi_stream.exporter.freshness import Freshness
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.exporter.service import _point, _steps
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.kpi import Kpi, Number
from services.kpi_stream.rows import row, subject_of
from tests.support.engine import STATE, Engine
from tests.support.events import at, event
from tests.support.world import engine_of, run, world

NPS = all_kpis()["nps"]
WITHOUT_BLOCKS = replace(NPS, read=None)
BORDERS = [at("2025-12-30 09:00"), at("2026-01-01 00:00"), at("2026-01-31 23:59:59"), at("2026-02-01 00:00")]
FIRST, LAST = date(2025, 12, 28), date(2026, 2, 3)
CLASSES = ("promoters", "passives", "detractors")


class Sent(NamedTuple):
    """An answer, and when it comes in: at the latest when the day after its own ends."""

    answer: Event
    arrives: datetime


def answer(i: int, time: datetime, score: int = 9) -> Event:
    return event("nps.answered", f"n{i}", time, score=score, touchpoint="t", rep_id="ana", store_id="lyon")


@st.composite
def histories(draw: st.DrawFn) -> list[Sent]:
    sent = []
    for i in range(draw(st.integers(0, 25))):
        hours = draw(st.integers(0, 36 * 24))
        time = draw(st.one_of(st.sampled_from(BORDERS), st.just(at("2025-12-28 00:30") + timedelta(hours=hours))))
        late = draw(st.sampled_from([0, 0, 1, 20, 24]))
        given_answer = answer(i, time, draw(st.sampled_from([10, 8, 2])))
        sent.append(Sent(given_answer, time + timedelta(hours=late)))
    return sent


class Told(NamedTuple):
    """What the attacker learns of some days: how many of each class, or nothing."""

    counts: tuple[int, ...]

    @property
    def n(self) -> int:
        return sum(self.counts)


def told(kpi: Kpi, cut_name: str, engine: Engine, now: datetime, first: date, last: date) -> Told:
    """A row of any days. What is suppressed tells nothing: as no answers, where none can be told from few."""
    here = world(now)
    cut, member = {"rep": (kpi.cut("rep"), "ana"), "store": (kpi.cut("store"), "lyon")}[cut_name]
    assert cut is not None
    subject = subject_of(cut, member, days_window(first, last, here.calendar), here, {})
    found = run(row(kpi, subject, here), engine, here)
    if found is None:
        return Told((0, 0, 0))
    assert found.value is not None or not any(found.measures.values())
    return Told(tuple(int(found.measures[name] or 0) for name in CLASSES) if found.value is not None else (0, 0, 0))


def is_safe(one: Told, other: Told) -> bool:
    """Do the two tell the same, or lie at least five answers apart?"""
    return one == other or abs(one.n - other.n) >= 5


days = st.integers(0, (LAST - FIRST).days).map(lambda i: FIRST + timedelta(days=i))
spans = st.tuples(days, days).map(lambda pair: (min(pair), max(pair)))
moments = st.integers(0, 40 * 24).map(lambda hours: at("2025-12-29 00:00") + timedelta(hours=hours, minutes=1))
cuts = st.sampled_from(["rep", "store"])
Attack = tuple[list[Sent], str, datetime, datetime, tuple[date, date], tuple[date, date]]
attacks = st.tuples(histories(), cuts, moments, moments, spans, spans)


def seen(history: Sequence[Sent], now: datetime) -> Engine:
    return engine_of([each.answer for each in history if each.arrives <= now], now)


def survives(kpi: Kpi, attack: Attack) -> bool:
    history, cut, one, other, span, further = attack
    earlier, later = min(one, other), max(one, other)
    engine = seen(history, later)
    outer = (min(span[0], further[0]), max(span[1], further[1]))
    now_inner, now_outer = (told(kpi, cut, engine, later, *days) for days in (span, outer))
    before = told(kpi, cut, seen(history, earlier), earlier, *span)
    return is_safe(now_inner, now_outer) and is_safe(before, now_inner)


@given(attacks)
def test_spans_within_spans_and_moments_after_moments_tell_no_few_answers_apart(attack: Attack) -> None:
    assert survives(NPS, attack)


def test_the_attack_finds_someone_where_blocks_are_taken_out() -> None:
    found = find(attacks, lambda attack: not survives(WITHOUT_BLOCKS, attack))
    assert found[0]


def test_the_attack_finds_someone_where_days_are_told_before_they_are_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five answers close a day's block; a sixth of that day comes in last thing before the day after is over."""
    history = [Sent(answer(i, at("2026-01-12 10:00")), at("2026-01-12 10:00")) for i in range(5)]
    history.append(Sent(answer(5, at("2026-01-12 23:00")), at("2026-01-13 22:00")))
    month = (date(2026, 1, 1), date(2026, 1, 31))
    attack = (history, "rep", at("2026-01-13 12:00"), at("2026-01-14 00:00"), month, month)
    assert survives(NPS, attack)
    monkeypatch.setattr("services.kpi_stream.kpis.blocks.SETTLES", timedelta(0))
    assert not survives(NPS, attack)


@settings(max_examples=40)
@given(histories(), cuts, moments, st.sampled_from(DAY_WINDOWS), st.sampled_from(NPS.rolling), spans)
def test_windows_compared_and_series_tell_what_rows_of_their_days_tell(
    history: list[Sent], cut_name: str, now: datetime, window: str, rolling: int, span: tuple[date, date]
) -> None:
    """So the attack above is on all of them."""
    here, engine = world(now), seen(history, now)
    moment = Moment(STATE, Freshness(()), here)
    cut = NPS.cut(cut_name)
    assert cut is not None
    member = "ana" if cut_name == "rep" else "lyon"
    chosen = named_window(window, now, here.calendar)
    own = subject_of(cut, member, chosen, here, {})
    found = run(row(NPS, own, here), engine, here)
    expected = told(NPS, cut_name, engine, now, chosen.first_day(here.calendar), chosen.last_day(here.calendar))
    assert (found.n if found else 0) == expected.n
    compared = NPS.compared(chosen, here, own.place, NPS.grain)
    if found is not None and found.compared is not None and compared is not None:
        for value, at_span in ((found.compared.value, compared.current), (found.compared.previous, compared.previous)):
            window_span = at_span["window"]
            first, last = here.calendar.day_of(window_span.start), here.calendar.day_of(window_span.end) - DAY
            assert value == value_of(told(NPS, cut_name, engine, now, first, last))
    query = Query(NPS, cut, days_window(*span, here.calendar), {})
    for step, points in (("day", rolling), ("month", 1)):
        for each in _steps(query, step, points, here.calendar):
            point = run(_point(NPS, subject_of(cut, member, query.window, here, {}), each, moment), engine, here)
            assert point.n == told(NPS, cut_name, engine, now, each.first, each.last).n


def value_of(what: Told) -> Number | None:
    promoters, _, detractors = what.counts
    return round(100 * (promoters - detractors) / what.n, 1) if what.n else None
