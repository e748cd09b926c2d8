"""Rules for the manifests together. Each yields where something is wrong, what, and how to mend it."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from deploy.docker.configs import WORKERS, container_port
from deploy.docker.lint.compose import read_compose
from deploy.docker.lint.reference_rules import known_settings
from deploy.kubernetes.lint.manifests import Manifest, of_kind, workloads
from services.common.settings import Port

ROOT = Path(__file__).resolve().parents[3]
CONFINED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
ADDRESS = re.compile(r"^https?://([a-z-]+):(\d+)$")
Found = Iterator[tuple[str, str]]


def are_confined(manifests: Sequence[Manifest]) -> Found:
    """As the standard `restricted` asks, and a root that nobody can write to."""
    for workload in workloads(manifests):
        security = workload.pod.get("securityContext") or {}
        if not security.get("runAsNonRoot") or security.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield workload.name, "runs as root, or without seccomp"
        if workload.pod.get("automountServiceAccountToken") is not False:
            yield workload.name, "is given a token of the cluster: automountServiceAccountToken: false"
        if workload.pod.get("enableServiceLinks") is not False:
            yield workload.name, "is given variables made of services' names: enableServiceLinks: false"
        for container in workload.containers:
            if container.get("securityContext") != CONFINED:
                yield workload.name, f"{container['name']}: its securityContext is not {CONFINED}"


def are_bounded(manifests: Sequence[Manifest]) -> Found:
    for workload in workloads(manifests):
        for container in workload.containers:
            resources = container.get("resources") or {}
            if "memory" not in resources.get("limits", {}) or {"cpu", "memory"} - set(resources.get("requests", {})):
                yield workload.name, f"{container['name']}: asks for no cpu and memory, or has no limit of memory"


def are_watched(manifests: Sequence[Manifest]) -> Found:
    for workload in workloads(manifests):
        for container in workload.pod["containers"] if workload.kind != "Job" else ():
            if "readinessProbe" not in container:
                yield workload.name, f"{container['name']}: has no readinessProbe"


def set_what_there_is(manifests: Sequence[Manifest]) -> Found:
    known = known_settings(ROOT)
    for name, config in of_kind(manifests, "ConfigMap").items():
        names = (each for each in config["data"] if each.startswith("CADRAN_"))
        yield from ((name, f"sets {each}, which is no setting") for each in names if each not in known)
    for workload in workloads(manifests):
        for container in workload.containers:
            for variable in (each["name"] for each in container.get("env", ())):
                if variable not in known:
                    yield workload.name, f"sets {variable}, which is no setting"


def mount_what_they_name(manifests: Sequence[Manifest]) -> Found:
    """Every file that a variable of its own names lies where something is mounted."""
    for workload in workloads(manifests):
        for container in workload.containers:
            mounted = tuple(f"{mount['mountPath']}/" for mount in container.get("volumeMounts", ()))
            for variable in (each for each in container.get("env", ()) if each["name"].endswith("_FILE")):
                if not variable["value"].startswith(mounted):
                    yield workload.name, f"{variable['name']}: {variable['value']} lies in nothing that is mounted"


def use_configs_that_there_are(manifests: Sequence[Manifest]) -> Found:
    configs = of_kind(manifests, "ConfigMap")
    for workload in workloads(manifests):
        named = [each["configMapRef"]["name"] for c in workload.containers for each in c.get("envFrom", ())]
        named += [each["configMap"]["name"] for each in workload.pod.get("volumes", ()) if "configMap" in each]
        yield from (
            (workload.name, f"uses the ConfigMap {each}, which is not there") for each in named if each not in configs
        )


def reach_whom_they_name(manifests: Sequence[Manifest]) -> Found:
    services = of_kind(manifests, "Service")
    for name, config in of_kind(manifests, "ConfigMap").items():
        for variable, value in config["data"].items():
            found = ADDRESS.match(value)
            if found is None:
                continue
            service = services.get(found[1])
            if service is None:
                yield name, f"{variable}: {found[1]} is no Service"
            elif int(found[2]) not in {port["port"] for port in service["spec"]["ports"]}:
                yield name, f"{variable}: {found[1]} listens not on {found[2]}"


def are_found_by_their_services(manifests: Sequence[Manifest]) -> Found:
    labels = [workload.spec["template"]["metadata"]["labels"] for workload in workloads(manifests)]
    for kind in ("Service", "PodDisruptionBudget"):
        for name, each in of_kind(manifests, kind).items():
            selector = each["spec"]["selector"]
            wanted = selector.get("matchLabels", selector)
            if not any(wanted.items() <= found.items() for found in labels):
                yield name, f"{kind}: no pod bears {wanted}"


def listen_where_services_do(manifests: Sequence[Manifest]) -> Found:
    for workload in workloads(manifests):
        ports = {port["containerPort"] for c in workload.containers for port in c.get("ports", ())}
        if workload.name in set(Port) and ports != {container_port(Port(workload.name))}:
            yield workload.name, f"listens on {container_port(Port(workload.name))}, not on {sorted(ports)}"


def run_what_compose_runs(manifests: Sequence[Manifest]) -> Found:
    """The same commands and the same releases as on one host."""
    compose = read_compose(ROOT / "docker-compose.yml", {}).services
    for workload in workloads(manifests):
        for container in (each for each in workload.pod["containers"] if each["name"] in compose):
            service = compose[container["name"]]
            command = [
                word for word in container.get("command", container.get("args", ())) if word not in ("tini", "--")
            ]
            if workload.kind != "Job" and command != list(service.command):
                yield workload.name, f"{container['name']}: runs {command}, and Compose {list(service.command)}"
            if container["image"].rpartition(":")[2] != service.image.rpartition(":")[2]:
                yield workload.name, f"{container['name']}: is {container['image']}, and Compose has {service.image}"


def have_workers_that_prometheus_knows(manifests: Sequence[Manifest]) -> Found:
    replicas = next(each.spec["replicas"] for each in workloads(manifests) if each.name == "worker")
    if replicas != WORKERS:
        yield "worker", f"has {replicas} replicas, and Prometheus knows {WORKERS}: deploy/docker/configs.py"


RULES: tuple[Callable[[Sequence[Manifest]], Found], ...] = (
    are_confined,
    are_bounded,
    are_watched,
    set_what_there_is,
    mount_what_they_name,
    use_configs_that_there_are,
    reach_whom_they_name,
    are_found_by_their_services,
    listen_where_services_do,
    run_what_compose_runs,
    have_workers_that_prometheus_knows,
)
