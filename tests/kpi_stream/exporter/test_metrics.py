import re
from collections.abc import Iterable, Sequence

from prometheus_client.parser import text_string_to_metric_families

from services.common.events import Event
from services.kpi_stream.exporter.admission import MAX_SERIES, Admission
from services.kpi_stream.exporter.exposition import Sample, exposition
from services.kpi_stream.exporter.freshness import Freshness
from services.kpi_stream.exporter.kept import Kept
from services.kpi_stream.exporter.metrics import Family, exported, families, helps
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.samples import queries, samples, series_of_a_member
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.cuts import Cut
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


STORY = [
    *(event("lead.created", f"l{i}", at("2026-11-10 10:00")) for i in range(10)),
    *(event("lead.created", f"b{i}", at("2026-10-10 10:00")) for i in range(20)),
    *(event("nps.answered", f"n{i}", at("2026-11-10 10:00"), score=9, touchpoint="shop") for i in range(8)),
    *(event("nps.answered", f"o{i}", at("2026-10-10 10:00"), score=i, touchpoint="shop") for i in range(10)),
]
AIM = {"measure": "new_leads", "period": "month", "starts_on": "2026-11-01", "value": 30}
AIMED = world("2026-11-23 10:37", [event("target.set", None, at("2026-10-01 10:00"), **AIM)])


def everybody() -> Admission:
    return Admission(series_of_a_member(all_kpis().values()))


def text(events: Sequence[Event] = EVENTS) -> str:
    moment, kpis = Moment(STATE, Freshness(()), HERE), all_kpis().values()
    return exposition(helps(kpis, "EUR"), told(events, moment, kpis, everybody()))


def told(events: Sequence[Event], moment: Moment, kpis: Iterable[Kpi], admission: Admission) -> list[Sample]:
    """All that Prometheus gets of some KPIs."""
    engine, kept = engine_of(events, moment.world.now), Kept[list[Sample]](moment)
    asked = [query for kpi in kpis for query in queries(kpi, moment)]
    return [each for query in asked for each in run(samples(query, moment, admission, kept), engine, moment.world)]


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


def told_families() -> list[tuple[Kpi, Cut, Family]]:
    return [(kpi, cut, each) for kpi in all_kpis().values() for cut in kpi.cuts for each in families(kpi, cut, "EUR")]


def test_names_are_distinct_and_every_family_is_told_over_windows_of_its_own() -> None:
    names = [family.name for _, _, family in told_families()]
    assert len(names) == len(set(names))
    for kpi, cut, family in told_families():
        assert family.windows
        assert set(family.windows) <= {window for own, window in exported(kpi) if own is cut}


def windows(name: str) -> set[str]:
    """Over which a metric is told; nothing where there is none of that name."""
    return {str(window) for _, _, family in told_families() if family.name == name for window in family.windows}


def test_changes_and_paces_are_told_where_they_are_known_with_the_ends_of_their_intervals() -> None:
    for end in ("", "_low", "_high"):
        assert windows(f"cadran_store_net_sales_euros_change_ratio{end}") == {"24h", "7d", "30d", "mtd"}
        assert windows(f"cadran_touchpoint_nps_change{end}") == {"30d", "90d"}
        assert windows(f"cadran_team_new_leads_pace_ratio{end}") == {"mtd", "qtd", "ytd"}
    assert windows("cadran_rep_new_leads_pace_ratio") == {"mtd"}
    assert "today" in windows("cadran_team_satisfaction_change")
    for name in ("rep_new_leads_change_ratio", "nps_change_ratio", "net_sales_euros_change", "price_index_change"):
        assert windows(f"cadran_{name}") == set()
    for name in ("rep_new_leads_pace_ratio_low", "source_new_leads_target", "nps_pace_ratio", "satisfaction_low"):
        assert windows(f"cadran_{name}") == set()


def test_every_sample_belongs_to_a_family_that_is_told_over_its_window() -> None:
    """And what the story below can tell of changes and paces is told."""
    told_over = {family.name: set(family.windows) for _, _, family in told_families()}
    found = told(STORY, Moment(STATE, Freshness(()), AIMED), all_kpis().values(), everybody())
    lines = {sample.family: sample.line for sample in found}
    for sample in found:
        assert sample.line.rpartition('window="')[2].partition('"')[0] in told_over[sample.family]
    assert lines["cadran_new_leads_change_ratio"].endswith(" -0.5\n")
    for name in ("new_leads_change_ratio", "new_leads_pace_ratio", "nps_change"):
        low, value, high = (number(lines[f"cadran_{name}{end}"]) for end in ("_low", "", "_high"))
        assert low < value < high


def number(line: str) -> float:
    return float(line.rpartition(" ")[2])
