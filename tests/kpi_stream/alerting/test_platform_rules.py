"""The rules about Cadran itself, by promtool: each fires for its cause, and no other does."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from services.kpi_stream.alerting.rules.platform_alerts import USUAL, platform_alerts
from services.kpi_stream.alerting.rules.series import CLOSED, NOT_TRUSTED, PLACES, WATCHDOG, closed_alert
from services.kpi_stream.exporter.scrape import AS_OF, DROPPED, LAG, STORE_UP
from tests.kpi_stream.alerting.worlds import INSTANCE, KPIS, Series, fires, fresh, promtool, steps

ALERTS = platform_alerts(USUAL)
SERVICES = ("ingest", "survey", "pricing", "board", "alerts", "worker")
HOURS = 13
MINUTES = HOURS * 60
NOT_EVALUATED = 'prometheus_rule_evaluation_failures_total{rule_group="rules/cadran.yml;sales"}'
ALL_WELL = {
    **fresh(minutes=MINUTES),
    f"{LAG.name}{{{INSTANCE}}}": steps((50_000, MINUTES)),
    f"{DROPPED.name}{{{INSTANCE}}}": steps((0, MINUTES)),
    **{f'up{{job="cadran-{name}"}}': steps((1, MINUTES)) for name in SERVICES},
    'cadran_worker_dead_letters_total{topic="orders"}': steps((3, MINUTES)),
    'cadran_ingest_request_seconds_count{mode="batch"}': f"0+1000x{MINUTES}",
    'cadran_ingest_refused_requests_total{code="503"}': f"0+4x{MINUTES}",
    'cadran_ingest_refused_requests_total{code="422"}': f"0+900x{MINUTES}",
    'cadran_survey_outbox_events{job="cadran-survey"}': f"{'5 0 ' * (MINUTES // 2)}",
    'cadran_survey_letters_total{outcome="accepted"}': f"0+9x{MINUTES}",
    'cadran_survey_letters_total{outcome="refused"}': f"0+1x{MINUTES}",
    'cadran_survey_letters_total{outcome="unreachable"}': f"0+50x{MINUTES}",
    NOT_EVALUATED: steps((1, MINUTES)),
    'alertmanager_notifications_failed_total{integration="email"}': steps((2, MINUTES)),
    "cadran_alerts_thresholds_refused": steps((0, MINUTES)),
    "cadran_pricing_overdue_seconds": steps((6 * 3600, MINUTES)),
}


class Cause(NamedTuple):
    """What is otherwise than well, which alert says so, and in which minute it does not yet, and does."""

    alert: str
    series: Series
    not_yet: int
    then: int
    members: int = 1


def then(before: float, after: float) -> str:
    """Otherwise from the hundredth minute on."""
    return steps((before, 100), (after, MINUTES - 100))


def as_of(values: str) -> Series:
    return {f'{AS_OF.name}{{{INSTANCE},kpi="{kpi}"}}': values for kpi in KPIS}


CAUSES = (
    Cause("NumbersAreOld", as_of(f"0+60x99 {'6000 ' * (MINUTES - 100)}"), 103, 108, members=len(KPIS)),
    Cause(
        "NumbersAreNotTold",
        {**as_of("0+60x99"), f"{STORE_UP.name}{{{INSTANCE}}}": then(1, 0)},
        101,
        108,
    ),
    Cause("AKpiIsMissing", {f'{AS_OF.name}{{{INSTANCE},kpi="nps"}}': "0+60x99"}, 110, 125),
    Cause("RecordsWait", {f"{LAG.name}{{{INSTANCE}}}": then(0, 50_001)}, 108, 112),
    Cause(
        "DeadLetters",
        {'cadran_worker_dead_letters_total{topic="orders"}': then(3, 4)},
        99,
        101,
    ),
    Cause("AServiceIsDown", {'up{job="cadran-ingest"}': then(1, 0)}, 101, 104),
    Cause(
        "TheGatewayFails",
        {'cadran_ingest_refused_requests_total{code="503"}': f"0+4x99 400+200x{MINUTES - 101}"},
        105,
        140,
    ),
    Cause(
        "TheGatewayFailsSlowly",
        {'cadran_ingest_refused_requests_total{code="503"}': f"0+40x{MINUTES}"},
        10,
        60,
    ),
    Cause(
        "EventsWaitInAService",
        {'cadran_survey_outbox_events{job="cadran-survey"}': then(0, 7)},
        112,
        122,
    ),
    Cause(
        "WebhooksAreRefused",
        {'cadran_connector_deliveries_total{vendor="shopify",account="paris",outcome="unsigned"}': f"0+1x{MINUTES}"},
        8,
        15,
    ),
    Cause("LettersBounce", {'cadran_survey_letters_total{outcome="refused"}': f"0+2x{MINUTES}"}, 10, 60),
    Cause("PagesAreReadLate", {"cadran_pricing_overdue_seconds": then(0, 6 * 3600 + 1)}, 125, 135),
    Cause(
        "MessagesAreNotDelivered", {'alertmanager_notifications_failed_total{integration="email"}': then(2, 3)}, 99, 101
    ),
    Cause("RulesAreNotEvaluated", {NOT_EVALUATED: f"1x99 1+1x{MINUTES - 101}"}, 103, 110),
    Cause("ThresholdsAreRefused", {"cadran_alerts_thresholds_refused": then(0, 1)}, 101, 104),
    Cause("MembersAreLeftOut", {f"{DROPPED.name}{{{INSTANCE}}}": then(0, 1)}, 150, 165),
)


def at_once(tests: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Tests of the same series as one: each evaluates all rules at every minute."""
    return tests[0] | {"promql_expr_test": [each for test in tests for each in test["promql_expr_test"]]}


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.alert)
def test_a_cause_is_told_by_its_alert_and_by_no_other(tmp_path: Path, cause: Cause) -> None:
    series = ALL_WELL | cause.series
    tests = [
        fires(
            f"{alert.name} when {cause.alert}",
            series,
            {cause.not_yet: 0, cause.then: cause.members} if alert.name == cause.alert else {cause.then: 0},
        )
        for alert in ALERTS
    ]
    assert promtool(tmp_path, [], {"platform": [at_once(tests)]}) == ""


def test_while_all_is_well_none_fires(tmp_path: Path) -> None:
    tests = [fires(alert.name, ALL_WELL, {MINUTES - 10: 0}) for alert in ALERTS]
    assert promtool(tmp_path, [], {"platform": [at_once(tests)]}) == ""


def test_every_alert_has_a_cause_here() -> None:
    told = {cause.alert for cause in CAUSES} | {"ASourceIsSilent"}
    assert told == {alert.name for alert in ALERTS}


def test_before_any_event_nothing_is_told(tmp_path: Path) -> None:
    """A new installation knows no time up to which its numbers hold."""
    series = {name: values for name, values in ALL_WELL.items() if not name.startswith(AS_OF.name)}
    assert (
        promtool(tmp_path, [], {"platform": [at_once([fires(alert.name, series, {120: 0}) for alert in ALERTS])]}) == ""
    )


DAYS = 4
OPEN = 600


def rhythm(gap: int, days: int, silent_from: int) -> str:
    """A source heard every so many minutes of opening time, in seconds since it was heard, a value every 5 minutes."""
    values, opened = [], 0
    for minute in range(0, days * 1440, 5):
        passed = 5 if minute % 1440 < OPEN else 0
        values.append(60 * (opened % gap) if minute < silent_from else values[-1] + 60 * passed)
        opened += passed
    return " ".join(map(str, values))


def test_a_source_is_silent_by_its_own_rhythm(tmp_path: Path) -> None:
    """One that is heard every 20 minutes, and one every two hours; all day what is usual stays what it was."""
    silent_from = 3 * 1440
    name = 'cadran_source_quiet_seconds{%s,topic="orders",source="/%s"}'
    series = {
        name % (INSTANCE, "shop"): rhythm(20, DAYS, silent_from),
        name % (INSTANCE, "till"): rhythm(120, DAYS, silent_from),
    }
    firing = {silent_from + minutes: count for minutes, count in {10: 0, 75: 1, 110: 1, 420: 2, 590: 2}.items()}
    test = fires("ASourceIsSilent", series, firing) | {"interval": "5m"}
    assert promtool(tmp_path, [], {"sources+platform": [test]}, every="5m") == ""


def test_what_is_closed_silences_and_what_is_open_does_not(tmp_path: Path) -> None:
    series = {
        f"cadran_open{{{INSTANCE}}}": steps((0, 10), (1, 10)),
        f'cadran_channel_open{{{INSTANCE},channel="online"}}': steps((1, 20)),
        f'cadran_channel_open{{{INSTANCE},channel="store"}}': steps((0, 10), (1, 10)),
        f'cadran_region_open{{{INSTANCE},region="north"}}': steps((0, 20)),
    }
    names = (CLOSED, *map(closed_alert, PLACES))
    by_minute = {CLOSED: {5: 1, 15: 0}, "ChannelIsClosed": {5: 1, 15: 0}, "RegionIsClosed": {5: 1, 15: 1}}
    tests = [fires(name, series, by_minute[name]) for name in names]
    assert promtool(tmp_path, [], {"platform": [at_once(tests)]}) == ""


def test_a_silent_source_makes_untrusted_what_is_made_of_its_topic_alone(tmp_path: Path) -> None:
    silent = {'cadran:source:silent{topic="cadran.orders",source="/till"}': steps((1, 10))}
    tests = {
        kpi: [fires(NOT_TRUSTED, fresh(minutes=10) | silent, {5: made_of_orders})]
        for kpi, made_of_orders in (("sales", 1), ("loyalty", 1), ("nps", 0))
    }
    assert promtool(tmp_path, [], tests) == ""


def test_while_rules_are_evaluated_the_watchdog_is_heard(tmp_path: Path) -> None:
    assert promtool(tmp_path, [], {"platform": [fires(WATCHDOG, ALL_WELL, {5: 1})]}) == ""
