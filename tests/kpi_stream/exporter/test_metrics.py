import re
from datetime import UTC, date, datetime

from prometheus_client import CollectorRegistry, generate_latest

from services.common.calendar import COMPANY
from services.common.windows import WindowName, named_window
from services.kpi_stream.exporter.freshness import Freshness
from services.kpi_stream.exporter.metrics import MAX_SERIES, Admission, Families, Given, exported, metric_name, snapshot
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.cuts import ALL, CHANNEL, REP
from services.kpi_stream.rows import Row
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


def text() -> str:
    moment = Moment(STATE, Freshness(()), HERE)
    found = run(snapshot(all_kpis().values(), moment), engine_of(EVENTS, HERE.now), HERE)
    families = Families("EUR", Admission())
    for query, rows in found:
        families.add_rows(query, rows, HERE.today)
    registry = CollectorRegistry()
    registry.register(Given(families.all()))
    return generate_latest(registry).decode()


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


def test_every_metric_has_help_that_says_whether_members_add_up() -> None:
    helps = dict(re.findall(r"# HELP (\S+) (.+)", text()))
    assert set(helps) == set(re.findall(r"^(cadran_\w+)(?:\{| )", text(), re.MULTILINE))
    assert helps["cadran_channel_net_sales_euros"].endswith("members add up to the total.")
    assert helps["cadran_source_acquisition_ratio"].endswith("members do not add up to the total.")


def test_no_customer_is_in_any_label() -> None:
    assert "jane" not in text()
    assert "@" not in text()


def test_members_are_admitted_first_come_for_the_quarter() -> None:
    admission = Admission(most=2)
    days = date(2026, 11, 23), date(2027, 1, 1)
    assert [admission.admits(REP, (name,), days[0]) for name in ("a", "b", "c", "a")] == [True, True, False, True]
    assert admission.admits(CHANNEL, ("c",), days[0])
    assert admission.admits(REP, ("c",), days[1])


def test_series_stay_below_prometheus_limit_and_the_rest_is_counted() -> None:
    families = Families("EUR", Admission(most=10**6))
    kpi = all_kpis()["new_leads"]
    window = named_window(WindowName.MONTH, datetime(2026, 11, 23, tzinfo=UTC), HERE.calendar)
    rows = [Row({"source": f"s{i}"}, "", 1, 1, {}, None, None, None, None, []) for i in range(MAX_SERIES)]
    families.add_rows(Query(kpi, kpi.cut("source") or ALL, window, {}), rows, HERE.today)
    assert sum(len(family.samples) for family in families.all()) == MAX_SERIES
    assert families.dropped == MAX_SERIES


def test_names_are_distinct() -> None:
    names = [
        metric_name(m, cut, "EUR")
        for kpi in all_kpis().values()
        for m in kpi.metrics
        for cut in dict.fromkeys(c for c, _ in exported(kpi))
    ]
    assert len(names) == len(set(names))
    assert ALL.place("") == COMPANY
