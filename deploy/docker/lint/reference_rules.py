"""What services name of one another, of the repository and of Cadran's settings: it must be there."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from deploy.docker.configs import container_port
from deploy.docker.lint.compose import Compose, Service
from services.common.settings import Port

KNOWN_CONDITIONS = ("service_healthy", "service_completed_successfully")
ADDRESS = re.compile(r"^(?:\w+://)?([a-z-]+):(\d+)(?:/.*)?$")
PORTS: Mapping[str, int] = {
    **{port.value: container_port(port) for port in Port},
    "worker": container_port(Port.WORKER_METRICS),
    "grafana": 3000,
}
"""Where each service listens."""
PROVISIONED = "CADRAN_PROMETHEUS_URL"
"""Not a setting of Cadran's: a name that Grafana fills in in its own files."""
SECRET_FOLDER = "/run/secrets/"  # noqa: S105 - a folder


def waits_for_what_there_is(compose: Compose, service: Service) -> Iterator[str]:
    for name, need in service.needs.items():
        other, condition = compose.services.get(name), need.get("condition")
        if other is None:
            yield f"waits for {name}, which is no service"
        elif condition not in KNOWN_CONDITIONS:
            yield f"waits for {name} with {condition}: say one of {', '.join(KNOWN_CONDITIONS)}"
        elif condition == "service_healthy" and not other.check:
            yield f"waits for the health of {name}, which has no health check"
        elif condition == "service_completed_successfully" and not other.runs_once:
            yield f"waits for the end of {name}, which never ends: restart: no"
        elif need.get("required", True) and not (other.profiles <= service.profiles or not other.profiles):
            yield f"waits for {name}, which only profile {', '.join(other.profiles)} starts: required: false"


def mounts_what_there_is(compose: Compose, service: Service) -> Iterator[str]:
    declared = compose.whole.get("volumes") or {}
    for mount in service.mounts:
        if not mount.is_path and mount.source not in declared:
            yield f"mounts the volume {mount.source}, which is not declared"
        elif mount.is_path and not (compose.root / mount.source).exists():
            yield f"mounts {mount.source}, which is not there"
        elif mount.is_path and not mount.read_only:
            yield f"may write to {mount.source} of the host: end it with :ro"


def has_the_secrets_it_names(compose: Compose, service: Service) -> Iterator[str]:
    declared = compose.whole.get("secrets") or {}
    for secret in service.secrets:
        if secret.name not in declared:
            yield f"is given the secret {secret.name}, which is not declared"
    paths = {secret.path for secret in service.secrets}
    words = [*service.environment.values(), *service.command, *service.check]
    named = {path for word in words for path in re.findall(rf"{SECRET_FOLDER}\w+", word)}
    for path in sorted(named - paths):
        yield f"reads {path}, and is given no such secret"


def is_in_networks_that_there_are(compose: Compose, service: Service) -> Iterator[str]:
    for name in sorted(service.networks - set(compose.whole.get("networks") or {})):
        yield f"is in the network {name}, which is not declared"


def sets_what_there_is(compose: Compose, service: Service) -> Iterator[str]:
    known = known_settings(compose.root)
    for name in service.environment:
        if name.startswith("CADRAN_") and name not in known | {PROVISIONED}:
            yield f"sets {name}, which is no setting"


def reaches_whom_it_names(compose: Compose, service: Service) -> Iterator[str]:
    for name, value in service.environment.items():
        found = ADDRESS.match(value)
        if found is None or found[1] == "localhost":
            continue
        host, port = found[1], int(found[2])
        if host not in compose.services:
            yield f"{name}: {host} is no service"
        elif PORTS.get(host) != port:
            yield f"{name}: {host} listens on {PORTS.get(host)}, not on {port}"
        elif not service.networks & compose.services[host].networks:
            yield f"{name}: {host} is in no network of its"


def is_checked_where_it_listens(compose: Compose, service: Service) -> Iterator[str]:  # noqa: ARG001 - all rules are asked alike
    urls = [urlsplit(word) for word in service.check if word.startswith("http://")]
    for url in urls:
        if url.hostname != "127.0.0.1" or url.port != PORTS.get(service.name):
            yield f"is asked for its health at {url.netloc}, and listens on 127.0.0.1:{PORTS.get(service.name)}"


def runs_what_there_is(compose: Compose, service: Service) -> Iterator[str]:
    if not service.is_ours:
        return
    for command in (service.command, service.check):
        yield from (f"{fault}: {' '.join(command)}" for fault in _missing(compose, command))


def _missing(compose: Compose, command: Sequence[str]) -> Iterator[str]:
    match command:
        case ["python", "-m", module, *_] if not (compose.root / f"{module.replace('.', '/')}.py").exists():
            yield f"there is no module {module}"
        case ["python", script, *_] if script != "-m" and not (compose.root / script).exists():
            yield f"there is no {script}"


Rule = Callable[[Compose, Service], Iterator[str]]
RULES: tuple[Rule, ...] = (
    waits_for_what_there_is,
    mounts_what_there_is,
    has_the_secrets_it_names,
    is_in_networks_that_there_are,
    sets_what_there_is,
    reaches_whom_it_names,
    is_checked_where_it_listens,
    runs_what_there_is,
)


def known_settings(root: Path) -> frozenset[str]:
    """The names of every variable that some service reads, as docs/settings.md lists them."""
    page = (root / "docs" / "settings.md").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^\| `(CADRAN_\w+)`", page, re.MULTILINE))
