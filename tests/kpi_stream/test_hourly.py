"""Changes an opening hour, against a count of opening time by the quarter of an hour."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import holidays
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.common.calendar import COMPANY, Place, Span
from services.common.events import Event
from services.common.windows import days_window
from services.kpi_stream.hourly import hourly_change
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.cuts import ALL
from services.kpi_stream.kpis.kpi import SUMS, Compared, Estimate, Kpi, Related, Subject
from tests.support.events import PARIS, at, event, line
from tests.support.world import engine_of, rows, total_row, world

HERE = world("2026-11-23 10:37")
LEADS = all_kpis()["new_leads"]
ONLINE = Place(channel="online")
CLOSED = holidays.country_holidays("FR")
QUARTER = timedelta(minutes=15)


def quarters_open(span: Span, place: Place) -> int:
    """Shops are open from Monday to Saturday, 9 to 19 by the clock on the wall, but for holidays; online always."""
    found, instant = 0, span.start
    while instant < span.end:
        wall = instant.astimezone(PARIS)
        found += place is ONLINE or (wall.weekday() < 6 and 9 <= wall.hour < 19 and wall.date() not in CLOSED)
        instant += QUARTER
    return found


def change(now: int, before: int, spans: tuple[Span, Span], place: Place = COMPANY, kpi: Kpi = LEADS) -> Related | None:
    subject = Subject(ALL, "", ("",), days_window(HERE.today, HERE.today, HERE.calendar), place)
    compared = Compared({"window": spans[0]}, {"window": spans[1]}, spans[0].end)
    sides = [Estimate(count, {}, events=count) for count in (now, before)]
    return hourly_change(kpi, subject, compared, sides, HERE)


def days(first: str, last: str) -> Span:
    return Span(at(f"{first} 00:00"), at(f"{last} 00:00") + timedelta(days=1))


starts = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 25), timezones=st.just(UTC)).map(
    lambda instant: instant.replace(minute=instant.minute // 15 * 15, second=0, microsecond=0)
)
spans = st.builds(lambda start, quarters: Span(start, start + quarters * QUARTER), starts, st.integers(1, 900))
counts = st.integers(1, 10_000)
SPRING = Span(at("2026-03-27 12:00"), at("2026-03-31 12:00"))
AUTUMN = Span(at("2026-10-23 12:00"), at("2026-10-27 12:00"))
ARMISTICE = Span(at("2026-11-09 00:00"), at("2026-11-14 00:00"))


def ratio(change: Related | None) -> tuple[float, float, float]:
    """The lower end, the value, the upper end, each as a ratio."""
    assert change is not None
    assert change.value is not None
    assert change.interval is not None
    return change.interval.low + 1, float(change.value) + 1, change.interval.high + 1


@given(spans, spans, st.sampled_from([COMPANY, ONLINE]), counts, counts)
@example(SPRING, AUTUMN, ONLINE, 100, 100)
@example(SPRING, AUTUMN, COMPANY, 100, 100)
@example(ARMISTICE, AUTUMN, COMPANY, 7, 9)
def test_opening_time_is_taken_out_exactly(one: Span, other: Span, place: Place, now: int, before: int) -> None:
    """On holidays, Sundays and days of 23 and 25 hours alike."""
    opened = quarters_open(one, place), quarters_open(other, place)
    found = change(now, before, (one, other), place)
    if not all(opened):
        assert found is None
        return
    low, value, high = ratio(found)
    assert value == pytest.approx(float(Fraction(now * opened[1], before * opened[0])))
    assert low < value < high


@given(spans, spans, counts, counts)
def test_swapped_sides_tell_the_inverse(one: Span, other: Span, now: int, before: int) -> None:
    there, back = change(now, before, (one, other), ONLINE), change(before, now, (other, one), ONLINE)
    low, value, high = ratio(there)
    assert ratio(back) == pytest.approx((1 / high, 1 / value, 1 / low))


@given(counts, counts, st.floats(1, 50))
def test_a_kpi_whose_days_vary_more_is_less_sure(now: int, before: int, more: float) -> None:
    restless = replace(LEADS, dispersion=LEADS.dispersion + more)
    low, value, high = ratio(change(now, before, (SPRING, AUTUMN)))
    wider_low, same, wider_high = ratio(change(now, before, (SPRING, AUTUMN), kpi=restless))
    assert same == value
    assert wider_low < low
    assert high < wider_high


def leads(day: str, many: int) -> list[Event]:
    return [event("lead.created", f"{day}-{i}", at(f"{day} 11:00")) for i in range(many)]


def test_a_week_with_a_holiday_did_not_bring_less_an_opening_hour() -> None:
    """Five days of ten hours against six: the eleventh was Armistice Day."""
    engine = engine_of([*leads("2026-11-03", 120), *leads("2026-11-10", 100)], HERE.now)
    row = total_row("new_leads", engine, HERE, window="2026-11-09/2026-11-15")
    change = row.related["hourly_change"]
    assert ratio(change)[1] == pytest.approx(1)
    assert change.n == 100
    assert (row.compared and row.compared.value, row.compared and row.compared.previous) == (100, 120)


def test_a_member_is_judged_by_its_own_opening_time() -> None:
    """The same two weeks; online never closes."""
    sold = {"currency": "EUR", "lines": [line(1000)]}
    events = [
        event("order.placed", f"{channel}-{day}-{i}", at(f"{day} 11:00"), channel=channel, **sold)
        for channel in ("online", "store")
        for day, many in (("2026-11-03", 12), ("2026-11-10", 10))
        for i in range(many)
    ]
    by_channel = rows("sales", engine_of(events, HERE.now), HERE, window="2026-11-09/2026-11-15", by="channel")
    told = {channel: ratio(row.related["hourly_change"])[1] for channel, row in by_channel.items()}
    assert told == {"online": pytest.approx(10 / 12), "store": pytest.approx(1)}


def test_what_was_given_back_altogether_has_fallen_by_all_and_is_not_said_to_be_sure() -> None:
    sold = {"channel": "store", "currency": "EUR", "lines": [line(1000)]}
    orders = [event("order.placed", f"O{i}", at(f"2026-11-{day} 11:00"), **sold) for i, day in enumerate(("03", "10"))]
    back = event("order.returned", "O1", at("2026-11-10 12:00"), return_id="R", amount_minor=1000, currency="EUR")
    week = "2026-11-09/2026-11-15"
    change = total_row("sales", engine_of([*orders, back], HERE.now), HERE, window=week).related["hourly_change"]
    assert (change.value, change.interval) == (-1, None)
    from_nothing = total_row("sales", engine_of(orders[1:], HERE.now), HERE, window=week)
    assert "hourly_change" not in from_nothing.related


@pytest.mark.parametrize("kpi", [kpi.id for kpi in all_kpis().values() if kpi.unit not in SUMS])
def test_rates_and_scores_do_not_grow_with_opening_time(kpi: str) -> None:
    engine = engine_of([*leads("2026-10-06", 40), *leads("2026-09-08", 40)], HERE.now)
    assert "hourly_change" not in total_row(kpi, engine, HERE, window="30d").related
