"""What the Compose file shares with the local stack, which is tested: it must not drift from it."""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from deploy.docker.lint.compose import Compose
from deploy.local.programs import Layout, servers, services
from services.common.settings import Settings

OF_ONE_PLACE = ("--config.file", "--storage.path", "--storage.tsdb.path", "--web.listen-address")
"""Flags that name paths and ports, which containers have of their own."""


def runs_every_program(compose: Compose) -> Iterator[tuple[str, str]]:
    """What the local stack starts is a service that runs the same module, and is given as long to end."""
    for program in services():
        module = program.command.split()[-1]
        service = compose.services.get(program.name)
        if service is None:
            yield program.name, "is a program of the local stack, and no service"
        elif list(service.command) != ["python", "-m", module]:
            yield program.name, f"runs {' '.join(service.command)}, and in the local stack {module}"
        elif _seconds(service.section.get("stop_grace_period", "10s")) < program.stop_seconds:
            yield program.name, f"is killed before it has ended: stop_grace_period: {program.stop_seconds}s"


def has_the_flags_of_the_local_stack(compose: Compose) -> Iterator[tuple[str, str]]:
    programs = {program.name: program for program in servers(Settings(), Layout(Path(".local")))}
    for name in ("prometheus", "alertmanager"):
        flags = (word for word in shlex.split(programs[name].command) if word.startswith("--"))
        for flag in (flag for flag in flags if not flag.startswith(OF_ONE_PLACE)):
            if flag not in compose.services[name].command:
                yield name, f"lacks {flag}, which the local stack gives it"


def has_the_versions_of_elsewhere(compose: Compose) -> Iterator[tuple[str, str]]:
    deploy = compose.root / "deploy"
    for name, path, pattern in (
        ("kafka", deploy / "kafka" / "pom.xml", r"<kafka.version>(.*)</kafka.version>"),
        ("grafana", deploy / "grafana" / "check.sh", r"GRAFANA_IMAGE:-grafana/grafana:([\d.]+)"),
    ):
        version, tag = _only(path, pattern), compose.services[name].image.rpartition(":")[2]
        if tag != version:
            yield name, f"is {tag}, and {path.relative_to(compose.root)} has {version}"


RULES: tuple[Callable[[Compose], Iterator[tuple[str, str]]], ...] = (
    runs_every_program,
    has_the_flags_of_the_local_stack,
    has_the_versions_of_elsewhere,
)


def _only(path: Path, pattern: str) -> str:
    found = re.search(pattern, path.read_text(encoding="utf-8"))
    assert found is not None, f"{path} has no {pattern}"
    return found[1]


def _seconds(text: str) -> int:
    return int(text.removesuffix("s"))
