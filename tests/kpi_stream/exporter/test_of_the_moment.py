"""What the clock moves, against the calendar's own words."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from services.common.calendar import COMPANY, Place, Span
from services.kpi_stream.exporter.admission import Admission
from services.kpi_stream.exporter.exposition import Sample, exposition
from services.kpi_stream.exporter.of_the_moment import (
    MOST_SOURCES,
    OF_THE_MOMENT,
    OPEN,
    OPEN_OF,
    QUIET,
    open_samples,
    places,
    promotion_samples,
    quiet_samples,
)
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.cuts import CHANNEL, REGION
from tests.support.events import at, event, line
from tests.support.world import engine_of, run, world

ROOM = {"promotion": 1, "channel": 1, "region": 1}


def test_a_promotion_is_told_while_it_runs_if_there_is_room() -> None:
    days = {
        "over": ("2026-11-01", "2026-11-22"),
        "runs": ("2026-11-20", "2026-11-23"),
        "comes": ("2026-11-24", "2026-11-30"),
    }
    events = [
        event("promotion.set", name, at("2026-10-01 10:00"), name=name, from_=first, to=last)
        for name, (first, last) in days.items()
    ]
    here = world("2026-11-23 10:37", events)
    assert promotion_samples(here, Admission({"promotion": 1})) == [
        Sample("cadran_promotion_active", 'cadran_promotion_active{promotion="runs"} 1.0\n')
    ]
    assert promotion_samples(here, Admission({"promotion": 1}, most=0)) == []


STATED = [
    event("calendar.set", None, at("2026-01-01 10:00"), region="north", weekly={"sun": ["10:00-13:00"]}),
    event("calendar.set", None, at("2026-01-01 10:00"), channel="phone", weekly={"sat": ["08:00-20:00"]}),
    event("calendar.set", None, at("2026-01-01 10:00"), day="2026-10-24", hours=[]),
]
SOLD = {"currency": "EUR", "lines": [line(100)]}
NUMBERS = engine_of(
    [
        event("order.placed", "A", at("2026-10-01 10:00"), channel="store", region="south", **SOLD),
        event("lead.created", "L", at("2026-10-01 10:00"), region="west"),
        event("nps.answered", "N", at("2026-10-01 10:00"), score=9, touchpoint="shop", channel="web"),
    ],
    at("2026-10-02 10:00"),
)
MEMBERS = {
    CHANNEL: {"online", "phone", "store", "web"},
    REGION: {"north", "south", "unknown", "west"},
}
"""Those of orders, leads and answers; "phone" and "north" have hours of their own; "online" is known to be so."""

moments = st.datetimes(datetime(2026, 3, 1), datetime(2026, 12, 31), timezones=st.just(UTC))


def read_back(samples: list[Sample]) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """As Prometheus reads them: by name and labels."""
    text = exposition({name: about.help for name, about in OF_THE_MOMENT.items()}, samples)
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in found}


@given(moments)
@example(at("2026-10-25 10:30"))  # a Sunday of 25 hours: the north is open
@example(at("2026-10-24 10:30"))  # the company is closed, as is who has no hours of their own on that day
@example(at("2026-10-24 19:30"))
@example(at("2026-11-11 10:30"))  # Armistice Day
def test_the_company_channels_and_regions_are_open_when_the_calendar_says_so(now: datetime) -> None:
    here = world(now, STATED)
    known = run(places(all_kpis().values(), here), NUMBERS, here)
    assert known == MEMBERS
    found = read_back(open_samples(here, known, Admission(ROOM)))
    instant = Span(now, now + timedelta.resolution)
    whose = {(OPEN, frozenset[tuple[str, str]]()): COMPANY}
    whose |= {(OPEN_OF[CHANNEL], frozenset({("channel", name)})): Place(channel=name) for name in MEMBERS[CHANNEL]}
    whose |= {(OPEN_OF[REGION], frozenset({("region", name)})): Place(region=name) for name in MEMBERS[REGION]}
    assert found == {name: bool(here.calendar.opening_time(instant, place)) for name, place in whose.items()}


def test_places_that_there_is_no_room_for_are_left_out() -> None:
    here = world("2026-11-23 10:37", STATED)
    found = open_samples(here, {CHANNEL: ["a", "b"], REGION: ["c"]}, Admission(ROOM, most=1))
    assert [sample.line for sample in found] == ["cadran_open{} 1.0\n", 'cadran_channel_open{channel="a"} 1.0\n']


@given(
    moments,
    st.dictionaries(
        st.tuples(st.sampled_from(["cadran.orders", "cadran.leads"]), st.text(max_size=5)),
        st.integers(-10, 60 * 24 * 400),
        max_size=8,
    ),
)
def test_a_source_is_quiet_for_the_opening_time_since_it_was_heard(
    now: datetime, minutes_ago: Mapping[tuple[str, str], int]
) -> None:
    """Whatever it calls itself; one that was heard by a clock that runs ahead was heard just now."""
    here = world(now)
    heard_at = {name: now - timedelta(minutes=minutes) for name, minutes in minutes_ago.items()}
    heard = {name: int(instant.timestamp() * 1000) for name, instant in heard_at.items()}
    found = read_back(quiet_samples(here, heard))
    since = {name: here.calendar.opening_time(Span(instant, now)) for name, instant in heard_at.items()}
    assert len(found) == len(heard)
    for (topic, source), quiet in since.items():
        told = found[QUIET, frozenset({("topic", topic), ("source", source)})]
        assert abs(told - quiet.total_seconds()) < 0.01


def test_of_many_sources_those_heard_last_are_told() -> None:
    here = world("2026-11-23 10:37")
    now = int(here.now.timestamp() * 1000)
    heard = {("cadran.orders", f"/shop/{i}"): now - i * 1000 for i in range(MOST_SOURCES + 10)}
    told = {dict(labels)["source"] for _, labels in read_back(quiet_samples(here, heard))}
    assert told == {f"/shop/{i}" for i in range(MOST_SOURCES)}
