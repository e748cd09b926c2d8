"""The files that Grafana is provisioned with: what Grafana would not know, or would let out, is found."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.lint.catalogue import catalogue
from deploy.grafana.lint.provisioning import findings, read_surroundings
from services.kpi_stream.kpis import all_kpis

FILES = Path("deploy/grafana/provisioning")
SURROUNDINGS = read_surroundings(Path("deploy/prometheus"), catalogue(all_kpis().values(), "EUR"))
RULES = "alerting/rules.yml"


def found(folder: Path) -> list[str]:
    return [str(finding) for finding in findings(folder, SURROUNDINGS)]


def test_nothing_is_wrong_with_them_and_each_kind_is_there() -> None:
    assert found(FILES) == []
    assert {path.parent.name for path in FILES.rglob("*.yml")} == {"alerting", "dashboards", "datasources"}


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


@pytest.mark.parametrize(
    ("file", "change", "text"),
    [
        ("datasources/prometheus.yml", replaced("timeInterval: 10s", "timeInterval: 15s"), "timeInterval is not"),
        ("datasources/prometheus.yml", replaced("editable:", "editible:"), "editible: Extra inputs are not permitted"),
        ("datasources/prometheus.yml", replaced("    uid: prometheus\n", ""), "uid: Field required"),
        ("dashboards/cadran.yml", replaced("/var/lib/dashboards/cadran", "/boards"), "reads boards from /boards"),
        ("dashboards/cadran.yml", replaced("allowUiUpdates: false", "allowUiUpdates: true"), "allowUiUpdates"),
        (
            "alerting/contact-points.yml",
            replaced("$__file{/run/secrets/cadran_alerts_token}", "hunter2"),
            "authorization_credentials stands in clear",
        ),
        (
            "alerting/contact-points.yml",
            replaced("$__file{/run/secrets/cadran_alerts_url}", "https://hooks.example/T0/B0"),
            "url stands in clear",
        ),
        ("alerting/contact-points.yml", replaced("receivers:", "reciever:"), "contactPoints.0.reciever"),
    ],
)
def test_a_slip_is_found(tmp_path: Path, file: str, change: Callable[[str], str], text: str) -> None:
    shutil.copytree(FILES, tmp_path / "files")
    path = tmp_path / "files" / file
    path.write_text(change(path.read_text()))
    said = found(tmp_path / "files")
    assert said
    assert all(line.startswith(file) for line in said)
    assert any(text in line for line in said), said


@pytest.mark.parametrize("value", ["$__file{/run/secrets/webhook_token}", "${WEBHOOK_TOKEN}"])
def test_a_secret_from_elsewhere_is_none_in_clear(tmp_path: Path, value: str) -> None:
    shutil.copytree(FILES, tmp_path / "files")
    path = tmp_path / "files" / "alerting" / "contact-points.yml"
    path.write_text(path.read_text().replace("$__file{/run/secrets/cadran_alerts_token}", value))
    assert found(tmp_path / "files") == []


PROMETHEUS, WATCHDOG, ALERTMANAGER = "PrometheusDoesNotAnswer", "WatchdogIsSilent", "AlertmanagerDoesNotAnswer"


def set_at(*place: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    """Another value at a place in a rule; `GONE` takes away what is there."""

    def change(rule: dict[str, Any]) -> None:
        *way, last = place
        inner: Any = rule
        for step in way:
            inner = inner[step]
        if to is GONE:
            del inner[last]
        else:
            inner[last] = to

    return change


GONE = object()
QUERY, COMPARISON = ("data", 0), ("data", 1)
EXPR = (*QUERY, "model", "expr")
SLIPS: list[tuple[str, Callable[[dict[str, Any]], None], str]] = [
    (WATCHDOG, set_at("uid", to=GONE), "uid: Field required"),
    (WATCHDOG, set_at("uid", to="two words"), "uid: String should match"),
    (WATCHDOG, set_at("uid", to="cadran-prometheus-answers"), "shares its uid"),
    (WATCHDOG, set_at("keep_firing_for", to="5m"), "keep_firing_for: Extra inputs"),
    (WATCHDOG, set_at("folderUID", to="cadran"), "folderUID: Extra inputs"),
    (WATCHDOG, set_at("isPaused", to=True), "isPaused"),
    (WATCHDOG, set_at("for", to="two minutes"), "for: String should match"),
    (WATCHDOG, set_at("condition", to="well"), "has the condition 'well'"),
    (WATCHDOG, set_at(*QUERY, "refId", to="wel"), "refId wel"),
    (WATCHDOG, set_at(*COMPARISON, "model", "expression", to="wel"), "compares 'wel'"),
    (WATCHDOG, set_at(*COMPARISON, "datasourceUid", to="__expr_"), "data.1.query.model.expr: Field required"),
    (WATCHDOG, set_at(*QUERY, "datasourceUid", to="prom"), "asks the data source prom, which is not provisioned"),
    (WATCHDOG, set_at(*QUERY, "model", "instant", to=False), "instant"),
    (WATCHDOG, set_at(*QUERY, "model", "exprr", to="up"), "exprr: Extra inputs"),
    (WATCHDOG, set_at(*EXPR, to="max(ALERTS{"), "max(ALERTS{: "),
    (WATCHDOG, set_at(*EXPR, to="max(ALERT)"), "no metric is called ALERT"),
    (WATCHDOG, set_at(*EXPR, to='max(ALERTS{alert="Watchdog"})'), "ALERTS has no label alert"),
    (WATCHDOG, set_at(*EXPR, to='max(ALERTS{alertname="Watchdogs"})'), "Prometheus has no alertname Watchdogs"),
    (ALERTMANAGER, set_at(*EXPR, to='max(up{job="alert-manager"})'), "Prometheus has no job alert-manager"),
    (WATCHDOG, set_at("labels", "severity", to=GONE), "has no label severity"),
    (WATCHDOG, set_at("labels", "job", to="{{ $labels.job }}"), "label job: Grafana would fill in"),
    (WATCHDOG, set_at("annotations", "title_fr", to=GONE), "has no annotation title_fr"),
    (WATCHDOG, set_at("notification_settings", "receiver", to="nobody"), "tells nobody, which is no contact point"),
    (WATCHDOG, set_at("execErrState", to="Alerting"), "execErrState: speaks for the same cause as Prometheus"),
    (WATCHDOG, set_at("noDataState", to="Alerting"), "noDataState: speaks for the same cause as Prometheus"),
    (PROMETHEUS, set_at("execErrState", to="OK"), "execErrState: no rule speaks"),
    (PROMETHEUS, set_at("execErrState", to="Error"), "execErrState"),
]


@pytest.mark.parametrize(("title", "change", "text"), SLIPS)
def test_a_slip_in_a_rule_is_told_with_its_file_and_its_name(
    tmp_path: Path, title: str, change: Callable[[dict[str, Any]], None], text: str
) -> None:
    shutil.copytree(FILES, tmp_path / "files")
    path = tmp_path / "files" / RULES
    whole = yaml.safe_load(path.read_text())
    change(next(rule for rule in whole["groups"][0]["rules"] if rule["title"] == title))
    path.write_text(yaml.safe_dump(whole))
    said = found(tmp_path / "files")
    assert any(line.startswith(f"{RULES}, rule {title}") and text in line for line in said), said


def test_two_dollars_are_one_and_nothing_of_the_environment(tmp_path: Path) -> None:
    shutil.copytree(FILES, tmp_path / "files")
    path = tmp_path / "files" / RULES
    path.write_text(path.read_text().replace("kind: platform", "kind: '{{ $$labels.job }}'"))
    assert found(tmp_path / "files") == []


def test_an_alert_that_prometheus_has_is_not_told_by_grafana_too(tmp_path: Path) -> None:
    shutil.copytree(FILES, tmp_path / "files")
    path = tmp_path / "files" / RULES
    path.write_text(path.read_text().replace(f"title: {WATCHDOG}", "title: AServiceIsDown"))
    assert found(tmp_path / "files") == [
        f"{RULES}, rule AServiceIsDown: is an alert of Prometheus too: one cause would be told twice"
    ]
