"""Prometheus and Alertmanager: they answer, they read what was made of the thresholds, they see the services."""

from collections.abc import Iterator, Mapping

import yaml

from services.common.settings import Port
from services.kpi_stream.alerting.main import RULES, make_files
from services.kpi_stream.alerting.telling.alertmanager import Alertmanager
from services.kpi_stream.alerting.telling.config import FILE
from services.kpi_stream.alerting.thresholds.file import ThresholdReader
from services.kpi_stream.kpis import all_kpis
from services.operations.doctor.findings import Finding
from services.operations.doctor.installation import Installation
from services.operations.doctor.service_checks import another

JOBS = tuple(f"cadran-{name}" for name in ("kpis", "worker", "ingest", "survey", "pricing", "board", "alerts"))
ALERTS_PROCESS = "see the log of the alerts process and start it (`make up`): it writes the files and has them read"


def prometheus_answers(installation: Installation) -> Iterator[Finding]:
    yield from _answers(Port.PROMETHEUS, "prometheus_build_info", installation)


def alertmanager_answers(installation: Installation) -> Iterator[Finding]:
    yield from _answers(Port.ALERTMANAGER, "alertmanager_build_info", installation)


def targets(installation: Installation) -> Iterator[Finding]:
    active = installation.get(Port.PROMETHEUS, "/api/v1/targets", state="active").json()["data"]["activeTargets"]
    for missing in sorted(set(JOBS) - {target["labels"]["job"] for target in active}):
        mend = "add it to prometheus.yml, as in deploy/prometheus/prometheus.yml, and have it read again"
        yield Finding(f"Prometheus has no job {missing}", mend)
    for target in active:
        if target["health"] == "down":
            what = f"{target['labels']['job']} cannot be scraped: {target['lastError'][:200]}"
            yield Finding(what, f"start what should answer at {target['scrapeUrl']}, or mend its address")
    if not installation.get(Port.PROMETHEUS, "/api/v1/alertmanagers").json()["data"]["activeAlertmanagers"]:
        yield Finding("Prometheus tells no Alertmanager", "add it under `alerting` in prometheus.yml")


def thresholds(installation: Installation) -> Iterator[Finding]:
    """The files that were made of the thresholds are what would be made of them now.

    :raises ConfigurationError: when the file of thresholds is wrong.
    """
    folder = installation.alerting.folder_in(installation.settings.local_dir)
    for name, text in _made(installation).items():
        path = folder / name
        if not path.exists():
            yield Finding(f"{path} is not there", ALERTS_PROCESS)
        elif path.read_text() != text:
            yield Finding(f"{path} is not what the thresholds and settings say", ALERTS_PROCESS)


def rules(installation: Installation) -> Iterator[Finding]:
    """Prometheus has the rules that were made, and can evaluate them."""
    made = yaml.safe_load(_made(installation)[RULES])["groups"]
    groups = installation.get(Port.PROMETHEUS, "/api/v1/rules").json()["data"]["groups"]
    wanted = {_name(rule) for group in made for rule in group["rules"]}
    missing = sorted(wanted - {rule["name"] for group in groups for rule in group["rules"]})
    if missing:
        what = f"{len(missing)} of the {len(wanted)} rules are not in Prometheus, such as {missing[0]}"
        yield Finding(what, "name the folder of rules under `rule_files` in prometheus.yml, and have it read again")
    for group in groups:
        failing = [rule["name"] for rule in group["rules"] if rule["health"] == "err"]
        if failing:
            yield Finding(f"rules fail: {', '.join(failing)}", "Prometheus's page /rules says why")
    yield from _not_read(Port.PROMETHEUS, "prometheus", RULES, installation)


def receivers(installation: Installation) -> Iterator[Finding]:
    """Alertmanager tells those whom the thresholds name."""
    made = {receiver["name"] for receiver in yaml.safe_load(_made(installation)[FILE])["receivers"]}
    told = {
        receiver["name"] for receiver in Alertmanager(installation.address(Port.ALERTMANAGER)).in_force()["receivers"]
    }
    if made != told:
        what = f"Alertmanager tells {', '.join(sorted(told))}, the thresholds say {', '.join(sorted(made))}"
        yield Finding(what, f"start Alertmanager with the file {FILE} in the folder of alerts, or have it read again")
    yield from _not_read(Port.ALERTMANAGER, "alertmanager", FILE, installation)


def _answers(server: Port, build: str, installation: Installation) -> Iterator[Finding]:
    if build not in installation.metrics(server):
        yield another(server, installation)


def _made(installation: Installation) -> Mapping[str, str]:
    """What the servers should read."""
    reader = ThresholdReader(all_kpis(), installation.settings.reporting_currency)
    found = reader.load(installation.alerting.thresholds_file)
    return make_files(installation.settings, installation.alerting)(found)


def _not_read(server: Port, name: str, file: str, installation: Installation) -> Iterator[Finding]:
    """A server refused the file when it was told to read it, or was not told since it changed."""
    told = installation.metrics(server)
    path = installation.alerting.folder_in(installation.settings.local_dir) / file
    if not told[f"{name}_config_last_reload_successful"]:
        yield Finding("it refused its file when it last read it", f"see its log, mend {path}")
    elif path.exists() and path.stat().st_mtime > told[f"{name}_config_last_reload_success_timestamp_seconds"] + 1:
        yield Finding(f"it has not read {path} since it changed", ALERTS_PROCESS)


def _name(rule: Mapping[str, str]) -> str:
    return rule.get("alert") or rule["record"]
