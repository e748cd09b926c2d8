"""The files that Grafana is provisioned with: each by itself, and what they name of one another."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from deploy.findings import Finding
from deploy.grafana.lint import alert_rules
from deploy.grafana.lint.alert_rules import Beside, Provisioned
from deploy.grafana.lint.catalogue import Catalogue
from deploy.grafana.lint.files import FILES, AlertingFile, ProvidersFile, ProvisioningFile, Receiver, Rule, SourcesFile

SECRETS = ("password", "token", "credentials", "secret", "url")
FROM_ELSEWHERE = ("$__file{", "${")
BOARDS_INSIDE = "/var/lib/dashboards/cadran"


class Surroundings(NamedTuple):
    """What the files must agree with."""

    scrape_interval: str
    beside: Beside


def read_surroundings(prometheus: Path, catalogue: Catalogue) -> Surroundings:
    """From the folder of Prometheus's files."""
    scrapes = yaml.safe_load((prometheus / "prometheus.yml").read_text(encoding="utf-8"))
    groups = yaml.safe_load((prometheus / "rules" / "cadran.yml").read_text(encoding="utf-8"))["groups"]
    alerts = frozenset(rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule)
    jobs = frozenset(job["job_name"] for job in scrapes["scrape_configs"])
    return Surroundings(scrapes["global"]["scrape_interval"], Beside(catalogue, alerts, jobs))


def findings(folder: Path, surroundings: Surroundings) -> Iterator[Finding]:
    """What is wrong with the files below a folder; with what they name of one another, once each can be read."""
    files, unread = _read(folder)
    yield from unread
    for name, file in files.items():
        yield from (Finding(name, "", text) for text in _faults(file, surroundings.scrape_interval))
    if not unread:
        yield from _of_alert_rules(files, surroundings.beside)


def _read(folder: Path) -> tuple[dict[str, ProvisioningFile], list[Finding]]:
    """The files by their names, and what keeps others from being read."""
    files, unread = {}, []
    for path in sorted(folder.rglob("*.y*ml")):
        name, whole = str(path.relative_to(folder)), yaml.safe_load(path.read_text(encoding="utf-8"))
        try:
            files[name] = FILES[path.parent.name].model_validate(whole)
        except ValidationError as error:
            unread += [Finding(name, _place(whole, fault["loc"]), fault["msg"]) for fault in error.errors()]
    return files, unread


def _place(whole: Any, loc: tuple[int | str, ...]) -> str:
    """Where in a file: a rule by its title, as far as it has one."""
    match loc:
        case ("groups", int(group), "rules", int(number), *rest):
            title = whole["groups"][group]["rules"][number].get("title", number)
            return ".".join(map(str, (f"rule {title}", *rest)))
    return ".".join(map(str, loc))


def _of_alert_rules(files: Mapping[str, ProvisioningFile], beside: Beside) -> Iterator[Finding]:
    sources = (source.uid for file in files.values() if isinstance(file, SourcesFile) for source in file.datasources)
    alerting = {name: file for name, file in files.items() if isinstance(file, AlertingFile)}
    points = (point.name for file in alerting.values() for point in file.contact_points)
    rules: list[tuple[str, Rule]] = [
        (name, rule) for name, file in alerting.items() for group in file.groups for rule in group.rules
    ]
    provisioned = Provisioned(frozenset(sources), frozenset(points))
    for found, text in alert_rules.findings([rule for _, rule in rules], beside, provisioned):
        name = next(name for name, rule in rules if rule is found)
        yield Finding(name, f"rule {found.title}", text)


def _faults(read: ProvisioningFile, scrape_interval: str) -> Iterator[str]:
    if isinstance(read, SourcesFile):
        for source in read.datasources:
            if source.json_data.time_interval != scrape_interval:
                yield f"timeInterval is not the scrape interval, {scrape_interval}: Grafana would thin the data out"
    elif isinstance(read, ProvidersFile):
        for provider in read.providers:
            if provider.options.path != BOARDS_INSIDE:
                yield f"reads boards from {provider.options.path}, and they are mounted at {BOARDS_INSIDE}"
    elif isinstance(read, AlertingFile):
        for point in read.contact_points:
            for receiver in point.receivers:
                yield from _open_secrets(receiver)


def _open_secrets(receiver: Receiver) -> Iterator[str]:
    for name, value in receiver.settings.items():
        if any(secret in name.lower() for secret in SECRETS) and not str(value).startswith(FROM_ELSEWHERE):
            yield f"{receiver.uid}: {name} stands in clear: read it from a file, $__file{{/run/secrets/…}}"
