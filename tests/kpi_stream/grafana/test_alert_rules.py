"""What Grafana's rules say of a real Prometheus and a real Alertmanager: one cause, one alert.

Grafana itself cannot run here: what it makes of an answer is done as its documentation says.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from services.kpi_stream.alerting.rules.platform import platform_groups
from services.kpi_stream.alerting.rules.platform_alerts import USUAL
from tests.support.alertmanager import RunningAlertmanager, running_alertmanager
from tests.support.prometheus import running_prometheus
from tests.support.redis import free_port
from tests.support.stack import wait_for

FILE = Path("deploy/grafana/provisioning/alerting/rules.yml")
(GROUP,) = yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"]
PROMETHEUS, WATCHDOG, ALERTMANAGER = "PrometheusDoesNotAnswer", "WatchdogIsSilent", "AlertmanagerDoesNotAnswer"
COMPARED = {"lt": float.__lt__, "gt": float.__gt__}


def firing(url: str) -> set[str]:
    """The rules whose condition holds now."""
    return {rule["title"] for rule in GROUP["rules"] if _holds(rule, url)}


def _holds(rule: dict[str, Any], url: str) -> bool:
    query, comparison = rule["data"]
    try:
        answer = httpx.get(f"{url}/api/v1/query", params={"query": query["model"]["expr"]}).raise_for_status().json()
    except httpx.HTTPError:
        return bool(rule["execErrState"] == "Alerting")
    series = answer["data"]["result"]
    assert [each["metric"] for each in series] == [{}], "one series without labels, so that none goes missing"
    evaluator = comparison["model"]["conditions"][0]["evaluator"]
    return COMPARED[evaluator["type"]](float(series[0]["value"][1]), float(evaluator["params"][0]))


def config(folder: Path, alertmanager: str | None) -> str:
    """As that which is shipped, faster; without an address Alertmanager's job is missing."""
    jobs = [{"job_name": "alertmanager", "static_configs": [{"targets": [alertmanager]}]}] if alertmanager else []
    pace = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    return json.dumps({"global": pace, "rule_files": [str(folder / "rules.yml")], "scrape_configs": jobs})


def address_of(server: RunningAlertmanager) -> str:
    return server.url.removeprefix("http://")


@pytest.fixture
def evaluated(tmp_path: Path) -> Path:
    """A folder with the platform's rules, as the file of Prometheus has them."""
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": platform_groups(USUAL, "")}))
    return tmp_path


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[RunningAlertmanager]:
    (tmp_path / "alertmanager").mkdir()
    with running_alertmanager(tmp_path / "alertmanager", []) as server:
        yield server


def test_nothing_is_said_while_all_is_well_and_then_of_alertmanager_alone(
    evaluated: Path, alertmanager: RunningAlertmanager
) -> None:
    with running_prometheus(evaluated, config=config(evaluated, address_of(alertmanager))) as url:
        wait_for(lambda: firing(url) == set(), "all is well")
        alertmanager.stop()
        wait_for(lambda: firing(url) == {ALERTMANAGER}, "Alertmanager is missed")


def test_an_alertmanager_that_nobody_scrapes_is_missed(evaluated: Path) -> None:
    with running_prometheus(evaluated, config=config(evaluated, None)) as url:
        wait_for(lambda: firing(url) == {ALERTMANAGER}, "Alertmanager is missed")


def test_of_a_prometheus_that_writes_nothing_down_only_the_watchdog_is_missed(tmp_path: Path) -> None:
    with running_prometheus(tmp_path) as url:
        assert firing(url) == {WATCHDOG}


def test_rules_that_are_taken_away_leave_the_watchdog_silent(
    evaluated: Path, alertmanager: RunningAlertmanager
) -> None:
    scraped = config(evaluated, address_of(alertmanager))
    with running_prometheus(evaluated, "--web.enable-lifecycle", config=scraped) as url:
        wait_for(lambda: firing(url) == set(), "all is well")
        (evaluated / "rules.yml").unlink()
        httpx.post(f"{url}/-/reload").raise_for_status()
        wait_for(lambda: firing(url) == {WATCHDOG}, "the watchdog is missed")


def test_a_prometheus_that_does_not_answer_is_told_once() -> None:
    assert firing(f"http://127.0.0.1:{free_port()}") == {PROMETHEUS}
