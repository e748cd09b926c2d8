"""The rules of alerts, by Prometheus's own tool: every one begins, holds and ends as its threshold says."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.kpi_stream.alerting.rules.kpi_rules import rules_text
from services.kpi_stream.alerting.rules.series import Watched
from services.kpi_stream.alerting.thresholds.file import ThresholdReader
from services.kpi_stream.exporter.scrape import AS_OF, STORE_UP
from services.kpi_stream.kpis.threshold import Hours
from tests.kpi_stream.alerting.worlds import (
    DEFAULTS,
    INSTANCE,
    KPIS,
    WORDS,
    Numbers,
    Series,
    fires,
    fresh,
    promtool,
    steps,
)

SHIPPED = Path("deploy/alerts/thresholds.yml")
RULES = Path("deploy/prometheus/rules/cadran.yml")


def lasts(watched: Watched) -> int:
    """Minutes."""
    return int(watched.threshold.lasts.total_seconds() // 60)


def world(watched: Watched, *parts: tuple[float | None, int], n: float = 1e6, **other: str) -> Series:
    """Numbers that are sure, of enough, in good data; `other`: series that are otherwise."""
    numbers, minutes = Numbers(watched), sum(each for _, each in parts)
    series = {
        **fresh(minutes=minutes),
        **numbers.value(*parts, whole=n),
        **numbers.interval(parts, parts),
        **numbers.rests_on((n, minutes)),
    }
    return {**series, **other}


def begins(watched: Watched) -> dict[str, Any]:
    far, early = Numbers(watched).beyond(), lasts(watched)
    series = world(watched, (far, early + 10))
    return fires(f"{watched.threshold.name} begins when it has lasted", series, {early - 1: 0, early + 1: 1})


def not_at_its_level(watched: Watched) -> dict[str, Any]:
    series = world(watched, (watched.threshold.level, lasts(watched) + 10))
    return fires(f"{watched.threshold.name} at its level", series, {lasts(watched) + 5: 0})


def not_of_few(watched: Watched) -> dict[str, Any]:
    threshold = watched.threshold
    series = world(watched, (Numbers(watched).beyond(), lasts(watched) + 10), n=threshold.least - 1)
    return fires(f"{threshold.name} of few", series, {lasts(watched) + 5: 0 if threshold.least else 1})


def not_unsure(watched: Watched) -> dict[str, Any]:
    """The interval reaches the level."""
    threshold, numbers, minutes = watched.threshold, Numbers(watched), lasts(watched) + 10
    at_level = [(threshold.level, minutes)]
    series = world(watched, (numbers.beyond(), minutes)) | numbers.interval(at_level, at_level)
    return fires(f"{threshold.name} unsure", series, {minutes - 5: 0 if threshold.sure else 1})


def not_while_closed(watched: Watched) -> dict[str, Any]:
    """And it ends by nothing either, until it is open again."""
    numbers, early = Numbers(watched), lasts(watched)
    good = watched.threshold.clear
    opening = [(0, early + 5), (1, early + 5), (0, 10), (1, 10)]
    series = world(watched, (numbers.beyond(), 2 * early + 10), (good, 20)) | {
        f"cadran_open{{{INSTANCE}}}": steps(*opening)
    }
    ends = 2 * early + 20
    by_minute = {early + 3: 0, 2 * early + 8: 1, ends - 2: 1, ends + 2: 0}
    return fires(f"{watched.threshold.name} while closed", series, by_minute)


def not_while_untrusted(watched: Watched) -> dict[str, Any]:
    minutes = lasts(watched) + 10
    stopped = {f'{AS_OF.name}{{{INSTANCE},kpi="{watched.kpi.id}"}}': steps((0, minutes))}
    series = world(watched, (Numbers(watched).beyond(), minutes)) | stopped
    return fires(f"{watched.threshold.name} of old data", series, {minutes - 3: 0})


def stays_until_it_is_back(watched: Watched) -> dict[str, Any]:
    threshold, numbers, early = watched.threshold, Numbers(watched), lasts(watched) + 5
    nearly = threshold.clear + numbers.sign * 0.0005 * max(1.0, abs(threshold.clear))
    series = world(watched, (numbers.beyond(), early), (nearly, 10), (threshold.clear, 10))
    return fires(f"{threshold.name} stays", series, {early - 1: 1, early + 8: 1, early + 12: 0})


def stays_while_nothing_is_told(watched: Watched) -> dict[str, Any]:
    """The exporter goes: nothing is known, so nothing ends; it comes back, and the number is good."""
    numbers, early = Numbers(watched), lasts(watched) + 5
    series = world(watched, (numbers.beyond(), early), (None, 30), (watched.threshold.clear, 10))
    gone = {
        f"{STORE_UP.name}{{{INSTANCE}}}": steps((1, early), (None, 30), (1, 10)),
        f"cadran_open{{{INSTANCE}}}": steps((1, early), (None, 30), (1, 10)),
        f'{AS_OF.name}{{{INSTANCE},kpi="{watched.kpi.id}"}}': f"0+60x{early - 1} _x29 {60 * (early + 30)}+60x9",
    }
    by_minute = {early - 1: 1, early + 3: 1, early + 25: 1, early + 33: 0}
    return fires(f"{watched.threshold.name} without data", series | gone, by_minute)


def ends_when_its_number_is_no_more(watched: Watched) -> dict[str, Any]:
    """As a pace is not, on the first of a month."""
    numbers, early = Numbers(watched), lasts(watched) + 5
    series = world(watched, (numbers.beyond(), early), (None, 20)) | fresh(minutes=early + 20)
    return fires(f"{watched.threshold.name} without its number", series, {early - 1: 1, early + 12: 0})


CASES: tuple[Callable[[Watched], dict[str, Any]], ...] = (
    begins,
    not_at_its_level,
    not_of_few,
    not_unsure,
    not_while_closed,
    not_while_untrusted,
    stays_until_it_is_back,
    stays_while_nothing_is_told,
    ends_when_its_number_is_no_more,
)


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_of_every_alert_of_a_kpi(tmp_path: Path, make: Callable[[Watched], dict[str, Any]]) -> None:
    tests = {kpi: [make(watched) for watched in DEFAULTS if watched.kpi.id == kpi] for kpi in KPIS}
    assert promtool(tmp_path, DEFAULTS, tests) == ""


def test_every_alert_waits_for_opening_hours() -> None:
    assert {watched.threshold.hours for watched in DEFAULTS} == {Hours.OPENING}


def test_prometheus_is_told_all_that_the_alerts_of_kpis_need() -> None:
    assert {watched.threshold.name: missing for watched in DEFAULTS if (missing := watched.missing())} == {}
    assert [each.threshold.name for each in DEFAULTS if each.threshold.sure and not each.has_interval] == []


def test_every_kpi_has_an_alert() -> None:
    assert [kpi.id for kpi in KPIS.values() if not kpi.alerts] == []


def test_the_shipped_rules_are_fresh_and_promtool_finds_no_fault() -> None:
    shipped = ThresholdReader(KPIS, "EUR").load(SHIPPED)
    assert rules_text(KPIS.values(), shipped.alerts, WORDS._replace(board="http://127.0.0.1:8000")) == RULES.read_text()
    checked = subprocess.run(
        ["promtool", "check", "rules", "--lint=all", "--lint-fatal", RULES], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def every_cut() -> list[Watched]:
    """An alert of the headline by each cut that Prometheus is told of each KPI."""
    text = "teams: {direction: {}, operations: {}}\nalerts:\n"
    for kpi in KPIS.values():
        for i, cut in enumerate(kpi.cuts):
            asks = "window: mtd, below: 1, least: 0, sure: no, lasts: 0m"
            text += f"  {kpi.id.title().replace('_', '')}{i}: {{kpi: {kpi.id}, by: '{cut.name}', {asks}}}\n"
    found = ThresholdReader(KPIS, "EUR").read("thresholds.yml", text.encode())
    return [watched for watched in found.alerts if watched.threshold.name[-1].isdigit()]


def test_an_alert_by_any_cut_tells_its_members_apart(tmp_path: Path) -> None:
    """Whatever the cut is called: no label of a member is one of the alert's own."""
    watched = every_cut()
    tests: dict[str, list[dict[str, Any]]] = {kpi: [] for kpi in KPIS}
    for each in watched:
        values: Series = {}
        for member in ("a", "b")[: 2 if each.members else 1]:
            values |= Numbers(each, ",".join(f'{label}="{member}"' for label in each.members)).value((0.5, 10))
        open_too = {
            f'cadran_{each.place}_open{{{INSTANCE},{each.place}="{m}"}}': steps((1, 10)) for m in "ab" if each.place
        }
        count = 2 if each.members else 1
        tests[each.kpi.id].append(fires(each.threshold.name, fresh(minutes=10) | open_too | values, {5: count}))
    assert promtool(tmp_path, watched, tests) == ""
