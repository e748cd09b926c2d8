"""Which days are written, when their numbers hold, and what they are."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.calendar import BusinessCalendar
from services.common.events import Event
from services.common.windows import DAY_WINDOWS, WindowName
from services.kpi_stream.backfill.closes import STEP, closes, past_names, queries_of
from services.kpi_stream.exporter.admission import Admission
from services.kpi_stream.exporter.exposition import Sample
from services.kpi_stream.exporter.freshness import Freshness
from services.kpi_stream.exporter.kept import Kept
from services.kpi_stream.exporter.metrics import exported
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.exporter.samples import samples, series_of_a_member
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.requests import together
from services.kpi_stream.kpis.world import World
from tests.support.engine import STATE, Engine
from tests.support.events import at, event
from tests.support.strategies import histories
from tests.support.world import engine_of, run, world

zones = st.sampled_from(["Europe/Paris", "America/Santiago", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"])
days = st.dates(date(2024, 1, 1), date(2027, 12, 31))


def calendar(zone: str) -> BusinessCalendar:
    week: dict[str, list[str]] = {}
    return BusinessCalendar(ZoneInfo(zone), is_holiday=lambda _: False, weekly_hours=week, online_channels=[])


@given(zones, days, st.integers(1, 400), st.timedeltas(timedelta(days=-500), timedelta(days=1)))
def test_samples_follow_each_other_without_a_hole_up_to_the_first_scrape(
    zone: str, today: date, wanted: int, since: timedelta
) -> None:
    cuts = calendar(zone)
    scraped_since = cuts.midnight(today) + since
    found = closes(wanted, today, scraped_since, cuts)
    assert [close.day for close in found] == sorted({close.day for close in found})
    assert all(cuts.day_of(close.start - timedelta(microseconds=1)) == close.day < today for close in found)
    assert len(found) == sum(cuts.midnight(today - timedelta(days=i)) < scraped_since for i in range(wanted))
    times = [time for close in found for time in close.times()]
    assert all(0 < later - earlier <= STEP for earlier, later in pairwise(times))
    assert all(close.times()[0] == close.start.timestamp() for close in found)
    if found:
        end = min(scraped_since, cuts.midnight(found[-1].day + timedelta(days=2))).timestamp()
        assert end - STEP <= times[-1] < end


@given(zones, days)
def test_every_window_of_whole_days_is_told_as_it_ended_on_the_day(zone: str, day: date) -> None:
    cuts = calendar(zone)
    for kpi in all_kpis().values():
        queries = queries_of(kpi, day, cuts)
        assert {query.window.last_day(cuts) for query in queries} == {day}
        told = {(query.cut.name, query.window.name) for query in queries}
        assert told == {(cut.name, window) for cut, window in exported(kpi) if window in DAY_WINDOWS}


KPIS = list(all_kpis().values())
DAY = date(2026, 11, 23)
MIDNIGHT = at("2026-11-24 00:00")
STATED = [
    event("rep.set", "ana", at("2026-03-01 08:00"), alias="Ana", team_id="blue"),
    event("rate.set", None, at("2026-03-01 08:00"), currency="USD", day="2026-11-20", rate="0.9", into="EUR"),
    *(
        event("target.set", None, at(f"2026-11-0{day} 09:00"), measure="new_leads", value=10 * day, **month)
        for day in (1, 3)
        for month in ({"period": "month", "starts_on": "2026-11-01"},)
    ),
]


def told(engine: Engine, here: World, queries: Iterable[Query]) -> dict[str, str]:
    """Of some queries what is told of past days, by series."""
    moment = Moment(STATE, Freshness(()), here)
    kept, admission = Kept[list[Sample]](moment), Admission(series_of_a_member(KPIS))
    names = past_names(KPIS, "EUR")
    found = run(together([samples(query, moment, admission, kept) for query in queries]), engine, here)
    lines = (sample.line.rpartition(" ") for own in found for sample in own if sample.family in names)
    return {series: value for series, _, value in lines}


@settings(max_examples=50)
@given(histories, st.integers(1, 300), st.sampled_from(DAY_WINDOWS))
def test_a_past_day_is_told_as_its_last_scrape_told_it_when_nothing_came_in_since(
    events: Sequence[Event], later: int, window: WindowName
) -> None:
    """Everything of these histories happens before the day closes, and by then all of it is in.

    A member of whom nothing is counted is told where it has a past to be compared with: that is cut otherwise.
    """
    engine = engine_of(events, MIDNIGHT)
    then, now = world(MIDNIGHT - timedelta(seconds=1), STATED), world(MIDNIGHT + timedelta(days=later), STATED)
    queries = [query for kpi in KPIS for query in queries_of(kpi, DAY, now.calendar) if query.window.name == window]
    scraped, past = told(engine, then, queries), told(engine, now.at_close(DAY), queries)
    for name in scraped.keys() | past.keys():
        if name in scraped and name in past:
            assert past[name] == scraped[name], name
        elif "oldest_reading" in name:
            assert name not in past  # known of now alone
        else:
            assert {**past, **scraped}[name] == "0.0\n", name


def test_what_is_stated_later_counts_but_for_targets() -> None:
    """A rate and a team that are told late are known; a target holds from when it was set."""
    sold = {"channel": "online", "currency": "USD", "rep_id": "ana", "lines": [{"sku": "a", "quantity": 1}]}
    sold["lines"] = [{"sku": "a", "quantity": 1, "gross_minor": 1_000}]
    engine = engine_of([event("order.placed", "o", at("2026-11-20 10:00"), **sold)], MIDNIGHT)
    month = {"period": "month", "starts_on": "2026-11-01"}
    stated = [
        event("rate.set", None, at("2026-11-23 09:30"), currency="USD", day="2026-11-20", rate="0.5"),
        event("rep.set", "ana", at("2026-11-23 09:30"), team_id="blue"),
        event("target.set", None, at("2026-11-10 09:00"), measure="sales", value=100_00, **month),
        event("target.set", None, at("2026-11-23 09:30"), measure="sales", value=999_00, **month),
    ]
    here = world("2026-11-23 10:37", stated)
    day = date(2026, 11, 21)
    found = told(engine, here.at_close(day), queries_of(all_kpis()["sales"], day, here.calendar))
    assert found['cadran_net_sales_euros{window="7d"}'] == "5.0\n"
    assert found['cadran_team_net_sales_euros{team="blue",window="mtd"}'] == "5.0\n"
    assert found['cadran_net_sales_euros_target{window="mtd"}'] == "100.0\n"
