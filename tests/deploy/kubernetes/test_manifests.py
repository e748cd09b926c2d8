"""The manifests: nothing is wrong with them, and each way of getting them wrong is found."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from deploy.kubernetes.lint.__main__ import OVERLAY, findings
from deploy.kubernetes.lint.manifests import build, schema_faults
from deploy.kubernetes.lint.rules import RULES

MANIFESTS = build(OVERLAY)

Named = Mapping[tuple[str, str], Any]
Break = Callable[[Named], object]


def test_nothing_is_wrong() -> None:
    assert list(findings(MANIFESTS)) == []


def pod(named: Named, name: str, kind: str = "Deployment") -> Any:
    return named[kind, name]["spec"]["template"]["spec"]


def config(named: Named) -> Any:
    maps = (each for (kind, _), each in named.items() if kind == "ConfigMap")
    return next(each["data"] for each in maps if "CADRAN_KAFKA" in each["data"])


def port(named: Named, name: str) -> Any:
    return pod(named, name)["containers"][0]["ports"][0]


MISSPELT: dict[str, dict[str, object]] = {
    "'replicsa' was unexpected": {"replicsa": 2},
    "is not of type 'integer'": {"replicas": "two"},
}
BROKEN: dict[str, Break] = {
    "runs as root": lambda named: pod(named, "board").pop("securityContext"),
    "a token of the cluster": lambda named: pod(named, "board").pop("automountServiceAccountToken"),
    "enableServiceLinks: false": lambda named: pod(named, "ingest").pop("enableServiceLinks"),
    "prometheus: its securityContext":
        lambda named: pod(named, "watching", "StatefulSet")["containers"][1].pop("securityContext"),
    "no limit of memory": lambda named: pod(named, "pricing")["containers"][0]["resources"].pop("limits"),
    "has no readinessProbe": lambda named: pod(named, "worker", "StatefulSet")["containers"][0].pop("readinessProbe"),
    "sets CADRAN_KAFAK": lambda named: config(named).__setitem__("CADRAN_KAFAK", "kafka:9094"),
    "sets CADRAN_INGEST_DB":
        lambda named: pod(named, "ingest")["containers"][0]["env"].append({"name": "CADRAN_INGEST_DB", "value": ""}),
    "lies in nothing that is mounted": lambda named: pod(named, "survey")["containers"][0]["volumeMounts"].pop(0),
    "uses the ConfigMap":
        lambda named: pod(named, "survey")["containers"][0]["envFrom"][0]["configMapRef"].__setitem__("name", "cadrna"),
    "exportr is no Service": lambda named: config(named).__setitem__("CADRAN_BOARD_API", "http://exportr:8004"),
    "exporter listens not on 8005": lambda named: config(named).__setitem__("CADRAN_BOARD_API", "http://exporter:8005"),
    "Service: no pod bears": lambda named: named["Service", "board"]["spec"]["selector"].__setitem__("app", "bord"),
    "PodDisruptionBudget: no pod bears":
        lambda named: named["PodDisruptionBudget", "worker"]["spec"]["selector"]["matchLabels"].__setitem__("app", "w"),
    "listens on 8001, not on [8002]": lambda named: port(named, "ingest").__setitem__("containerPort", 8002),
    "and Compose ['python', '-m', 'services.survey.main']":
        lambda named: pod(named, "survey")["containers"][0]["command"].__setitem__(-1, "services.board.main"),
    "and Compose has prom/alertmanager":
        lambda named: pod(named, "watching", "StatefulSet")["containers"][2].__setitem__("image", "x:v0.27.0"),
    "has 3 replicas, and Prometheus knows 2":
        lambda named: named["StatefulSet", "worker"]["spec"].__setitem__("replicas", 3),
}  # fmt: skip


@pytest.mark.parametrize("told", MISSPELT)
def test_what_the_schemas_refuse_is_found(told: str) -> None:
    ingest = copy.deepcopy(next(each for each in MANIFESTS if each["kind"] == "Deployment"))
    ingest["spec"].update(MISSPELT[told])
    assert any(told in text for _, text in schema_faults([ingest]))


@pytest.mark.parametrize("told", BROKEN)
def test_what_is_broken_is_found(told: str) -> None:
    manifests = copy.deepcopy(MANIFESTS)
    BROKEN[told]({(each["kind"], each["metadata"]["name"]): each for each in manifests})
    found = [text for rule in RULES for _, text in rule(manifests)]
    assert any(told in text for text in found), found
