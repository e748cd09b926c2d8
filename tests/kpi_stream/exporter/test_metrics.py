import re
from collections.abc import Iterable, Sequence
from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from services.common.events import Event
from services.kpi_stream.exporter.admission import MAX_SERIES, Admission
from services.kpi_stream.exporter.exposition import Sample, exposition
from services.kpi_stream.exporter.freshness import Freshness
from services.kpi_stream.exporter.kept import Kept
from services.kpi_stream.exporter.metrics import exported, helps, metric_name
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.of_the_moment import promotion_samples
from services.kpi_stream.exporter.samples import queries, samples, series_of_a_member
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.cuts import CHANNEL, REP
from services.kpi_stream.kpis.kpi import Kpi
from tests.support.engine import STATE
from tests.support.events import at, event, line
from tests.support.world import engine_of, run, world

HERE = world("2026-11-23 10:37")
ORDER = {"channel": "online", "currency": "EUR", "rep_id": "ana", "customer_id": "jane@x.org", "lines": [line(1999)]}
EVENTS = [
    event("order.placed", "a", at("2026-11-02 10:00"), **ORDER),
    event("lead.created", "l", at("2026-10-05 10:00"), rep_id="ana", source="web"),
    event("lead.closed", "l", at("2026-10-09 10:00"), outcome="won"),
]


def text(events: Sequence[Event] = EVENTS) -> str:
    moment, kpis = Moment(STATE, Freshness(()), HERE), all_kpis().values()
    return exposition(helps(kpis, "EUR"), told(events, moment, kpis, Admission(series_of_a_member(kpis))))


def told(events: Sequence[Event], moment: Moment, kpis: Iterable[Kpi], admission: Admission) -> list[Sample]:
    """All that Prometheus gets of some KPIs."""
    engine, kept = engine_of(events, HERE.now), Kept[list[Sample]](moment)
    asked = [query for kpi in kpis for query in queries(kpi, moment)]
    return [each for query in asked for each in run(samples(query, moment, admission, kept), engine, HERE)]


def test_values_stand_in_major_units_under_names_that_say_so() -> None:
    lines = text().splitlines()
    assert 'cadran_net_sales_euros{window="mtd"} 19.99' in lines
    assert 'cadran_channel_net_sales_euros{channel="online",window="ytd"} 19.99' in lines
    assert 'cadran_rep_net_sales_euros{rep="ana",window="mtd"} 19.99' in lines
    assert 'cadran_acquisition_ratio{window="mtd"} 1.0' in lines
    assert 'cadran_source_closing_ratio{source="web",window="qtd"} 1.0' in lines


def test_cuts_with_many_members_are_brief() -> None:
    assert set(re.findall(r'cadran_rep_net_sales_euros\{rep="ana",window="(\w+)"\}', text())) == {"mtd"}
    assert "cadran_rep_net_sales_euros_previous" not in text()


def test_what_is_not_known_is_not_exported() -> None:
    assert 'cadran_acquisition_ratio{window="7d"}' not in text()
    assert "_target{" not in text()


def test_few_answers_are_not_exported_and_those_of_a_rep_by_whole_blocks() -> None:
    """Five answers on one day close a block of the rep's; the sixth is in the company's number alone."""
    where = {"touchpoint": "shop", "rep_id": "ana", "store_id": "lyon"}
    events = [event("nps.answered", f"i{i}", at("2026-11-10 10:00"), score=9, **where) for i in range(5)]
    events += [event("nps.answered", "i9", at("2026-11-12 10:00"), score=0, **{**where, "touchpoint": "delivery"})]
    lines = text(events).splitlines()
    assert 'cadran_nps{window="mtd"} 66.7' in lines
    assert 'cadran_rep_nps{rep="ana",window="mtd"} 100.0' in lines
    assert 'cadran_store_nps{store="lyon",window="30d"} 100.0' in lines
    assert 'cadran_store_nps_n{store="lyon",window="30d"} 5.0' in lines
    told = {name for line in lines if 'touchpoint="delivery"' in line for name in [line.partition("{")[0]]}
    assert told == {"cadran_touchpoint_nps_n"}


def test_every_metric_has_help_that_says_whether_members_add_up() -> None:
    helps = dict(re.findall(r"# HELP (\S+) (.+)", text()))
    assert set(helps) == set(re.findall(r"^(cadran_\w+)(?:\{| )", text(), re.MULTILINE))
    assert helps["cadran_channel_net_sales_euros"].endswith("members add up to the total.")
    assert helps["cadran_source_acquisition_ratio"].endswith("members do not add up to the total.")


def test_no_customer_is_in_any_label() -> None:
    assert "jane" not in text()
    assert "@" not in text()


def test_members_are_admitted_first_come_for_the_quarter() -> None:
    admission = Admission({"rep": 2, "channel": 1}, most=5)
    days = date(2026, 11, 23), date(2027, 1, 1)
    assert [admission.admits(REP, name, days[0]) for name in ("a", "b", "c", "a")] == [True, True, False, True]
    assert admission.admits(CHANNEL, "c", days[0])
    assert admission.refused == 1
    assert admission.admits(REP, "c", days[1])
    assert admission.refused == 0


def test_room_that_members_do_not_take_is_room_for_others() -> None:
    admission, day = Admission({"rep": 4}, most=10), date(2026, 11, 23)
    assert [admission.admits(REP, name, day) for name in "abc"] == [True, True, False]
    assert admission.fits(4)  # series of the two, half of what they might have
    assert [admission.admits(REP, name, day) for name in "abcd"] == [True, True, True, False]
    assert admission.fits(6)
    assert admission.admits(REP, "d", day)
    assert admission.refused == 0
    assert not admission.fits(12)  # each has more by now: the last has to go
    assert [admission.admits(REP, name, day) for name in "abcd"] == [True, True, True, False]
    assert admission.fits(9)


@given(st.lists(st.lists(st.integers(1, 4), min_size=12, max_size=12), min_size=1, max_size=5))
def test_whoever_has_to_go_stays_out_so_that_an_end_is_found(scrapes: list[list[int]]) -> None:
    """However many series members come to have from one scrape to the next."""
    admission, day = Admission({"rep": 4}, most=10), date(2026, 11, 23)

    def made(series: list[int]) -> int:
        return sum(own for i, own in enumerate(series) if admission.admits(REP, f"r{i}", day))

    for series in scrapes:
        tries = 0
        while not admission.fits(total := made(series)):
            tries += 1
            assert tries <= len(series)
        assert 0 < total <= 10 or admission.refused == len(series)


def test_series_stay_below_prometheus_limit_and_those_left_out_are_not_worked_out() -> None:
    names = [f"s{i}" for i in range(400)]
    events = [event("lead.created", name, at("2026-11-02 10:00"), source=name, region=name) for name in names]
    kpis = [all_kpis()["new_leads"], all_kpis()["acquisition_rate"]]
    admission = Admission(series_of_a_member(kpis))
    found = told(events, Moment(STATE, Freshness(()), HERE), kpis, admission)
    assert 1000 < len(found) <= MAX_SERIES
    assert admission.refused > 400


def test_labels_are_read_back_as_they_were() -> None:
    name = 'a "quoted" \\ name'
    events = [event("lead.created", "l", at("2026-11-02 10:00"), source=name)]
    kpis = [all_kpis()["new_leads"]]
    found = told(events, Moment(STATE, Freshness(()), HERE), kpis, Admission(series_of_a_member(kpis)))
    read_back = text_string_to_metric_families(exposition(helps(kpis, "EUR"), found))
    sources = {
        sample.labels["source"] for family in read_back for sample in family.samples if "source" in sample.labels
    }
    assert sources == {name}


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


def test_names_are_distinct() -> None:
    names = [
        metric_name(m, cut, "EUR")
        for kpi in all_kpis().values()
        for m in kpi.metrics
        for cut in dict.fromkeys(c for c, _ in exported(kpi))
    ]
    assert len(names) == len(set(names))
