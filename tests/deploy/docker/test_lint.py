"""The lint of the Compose file: the file is right, and each way of getting it wrong is found."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.docker.lint.__main__ import compose_findings, findings
from deploy.docker.lint.compose import compose_of, interpolated
from deploy.docker.lint.tools import dockerfile_findings, script_findings
from services.common.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[3]
WHOLE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())

Break = Callable[[dict[str, Any]], object]


def test_nothing_is_wrong() -> None:
    assert list(findings()) == []


def limits(service: str) -> Break:
    return lambda services: services[service]["deploy"]["resources"]["limits"].pop("memory")


def put(service: str, key: str, value: object) -> Break:
    return lambda services: services[service].__setitem__(key, value)


def drop(service: str, key: str) -> Break:
    return lambda services: services[service].pop(key)


def environment(service: str, name: str, value: str) -> Break:
    return lambda services: services[service]["environment"].__setitem__(name, value)


def needs(service: str, other: str, **condition: object) -> Break:
    return lambda services: services[service]["depends_on"].__setitem__(other, condition)


BROKEN: list[tuple[str, Break, str]] = [
    ("worker", put("worker", "restrat", "always"), "'restrat'"),
    ("worker", put("worker", "image", "cadran:latest"), "pin it by a whole version"),
    ("redis", put("redis", "image", "redis"), "pin it by a whole version"),
    ("ingest", drop("ingest", "read_only"), "read_only: true"),
    ("ingest", put("ingest", "cap_add", ["NET_ADMIN"]), "has capabilities"),
    ("kafka", drop("kafka", "security_opt"), "may gain privileges"),
    ("kafka", put("kafka", "user", "0:0"), "that is not root"),
    ("grafana", drop("grafana", "user"), "that is not root"),
    ("redis", drop("redis", "init"), "has no init"),
    ("worker", limits("worker"), "no limit of memory"),
    ("board", put("board", "logging", {"driver": "json-file"}), "its log grows for ever"),
    ("survey", drop("survey", "restart"), "is not started again"),
    ("alerts", drop("alerts", "healthcheck"), "has no health check"),
    ("redis", put("redis", "ports", ["127.0.0.1:6379:6379"]), "publishes 6379"),
    ("ingest", put("ingest", "ports", ["8001:8001"]), "every address"),
    ("survey", drop("survey", "ports"), "is not published"),
    ("board", put("board", "networks", ["inside"]), "no network that is reached from outside"),
    ("grafana", environment("grafana", "GF_SECURITY_ADMIN_PASSWORD", "hunter2"), "name the file of a secret"),
    ("board", needs("board", "exportr", condition="service_healthy"), "is no service"),
    ("board", needs("board", "exporter", condition="service_started"), "say one of"),
    ("board", needs("board", "topics", condition="service_healthy"), "has no health check"),
    ("board", needs("board", "redis", condition="service_completed_successfully"), "which never ends"),
    ("board", needs("board", "shop", condition="service_healthy"), "only profile demo starts"),
    ("worker", put("worker", "volumes", ["stat:/var/lib/cadran"]), "which is not declared"),
    ("kafka", put("kafka", "volumes", ["./deploy/kafka/log4j.yaml:/etc/log4j.yaml:ro"]), "which is not there"),
    ("kafka", put("kafka", "volumes", ["./deploy/kafka/log4j2.yaml:/etc/log4j2.yaml"]), "may write to"),
    ("worker", put("worker", "secrets", ["kafka_wroker"]), "which is not declared"),
    ("worker", drop("worker", "secrets"), "is given no such secret"),
    ("redis", put("redis", "secrets", ["redis_operator"]), "/run/secrets/redis_users"),
    ("worker", put("worker", "networks", ["insdie"]), "which is not declared"),
    ("ingest", environment("ingest", "CADRAN_INGEST_MAX_EVENTS", "1"), "which is no setting"),
    ("board", environment("board", "CADRAN_BOARD_API", "http://exporter:8005"), "listens on 8004"),
    ("board", environment("board", "CADRAN_BOARD_API", "http://exportr:8004"), "is no service"),
    ("worker", put("worker", "networks", ["outside"]), "is in no network of its"),
    ("pricing", lambda services: services["pricing"]["healthcheck"]["test"].__setitem__(3, "http://127.0.0.1:8002/readyz"),
     "is asked for its health at 127.0.0.1:8002"),
    ("pricing", lambda services: services["pricing"]["healthcheck"]["test"].__setitem__(2, "deploy/docker/redy.py"),
     "there is no deploy/docker/redy.py"),
    ("pricing", put("pricing", "command", ["python", "-m", "services.pricing.main"]), "there is no module"),
    ("shop", lambda services: services.pop("shop"), "is a program of the local stack"),
    ("worker", put("worker", "command", ["python", "-m", "services.ingest.main"]), "in the local stack"),
    ("worker", put("worker", "stop_grace_period", "5s"), "is killed before it has ended"),
    ("prometheus", lambda services: services["prometheus"]["command"].remove("--web.enable-lifecycle"),
     "lacks --web.enable-lifecycle"),
    ("kafka", put("kafka", "image", "apache/kafka:4.3.0"), "deploy/kafka/pom.xml has"),
    ("grafana", put("grafana", "image", "grafana/grafana:12.0.0"), "deploy/grafana/check.sh has"),
]  # fmt: skip


@pytest.mark.parametrize(("service", "broken", "told"), BROKEN, ids=[told for _, _, told in BROKEN])
def test_what_is_broken_is_found(service: str, broken: Break, told: str) -> None:
    whole = copy.deepcopy(WHOLE)
    broken(whole["services"])
    found = [str(finding) for finding in compose_findings(compose_of(whole, ROOT, {}))]
    assert any(service in line and told in line for line in found), found


def test_variables_are_filled_in() -> None:
    assert interpolated("${A:-1}:${B:-2}:$$c ${D}", {"B": "3", "A": ""}) == "1:3:$c "
    with pytest.raises(ConfigurationError, match="lone dollar"):
        interpolated("echo $HOME", {})


def test_hadolint_and_shellcheck_are_asked(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:latest\n")
    (tmp_path / "run.sh").write_text("#!/bin/sh\nrm -rf $1\n")
    assert [finding.text[:6] for finding in dockerfile_findings(tmp_path, tmp_path / "Dockerfile")] == ["DL3007"]
    assert [str(finding)[:23] for finding in script_findings(tmp_path)] == ["run.sh, line 2: SC2086 "]
