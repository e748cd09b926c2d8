"""The manifests as a cluster would get them: built by kustomize itself, which kubectl holds."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import kubernetes_validate
import yaml

from services.common.errors import ConfigurationError

KUBECTL = Path(sys.executable).parent / "kubectl"
KUBERNETES = ("1.33", "1.37")
"""The oldest and the newest release whose schemas are asked."""
WORKLOADS = ("Deployment", "StatefulSet", "Job")

Manifest = Mapping[str, Any]


class Workload(NamedTuple):
    """What runs pods: rules ask it of what they are."""

    name: str
    kind: str
    spec: Manifest

    @property
    def pod(self) -> Manifest:
        return self.spec["template"]["spec"]  # type: ignore[no-any-return]

    @property
    def containers(self) -> Sequence[Manifest]:
        return [*self.pod.get("initContainers", ()), *self.pod["containers"]]


def build(folder: Path) -> list[Manifest]:
    """The manifests of an overlay.

    :raises ConfigurationError: when kustomize refuses it.
    """
    done = subprocess.run([KUBECTL, "kustomize", folder], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ConfigurationError(f"kustomize refuses {folder}: {done.stderr.strip()}")
    return list(yaml.safe_load_all(done.stdout))


def workloads(manifests: Sequence[Manifest]) -> list[Workload]:
    return [Workload(name_of(each), each["kind"], each["spec"]) for each in manifests if each["kind"] in WORKLOADS]


def of_kind(manifests: Sequence[Manifest], kind: str) -> dict[str, Manifest]:
    """Those of a kind by their names."""
    return {name_of(each): each for each in manifests if each["kind"] == kind}


def name_of(manifest: Manifest) -> str:
    return str(manifest["metadata"]["name"])


def schema_faults(manifests: Sequence[Manifest]) -> Iterator[tuple[str, str]]:
    """What the schemas refuse; a field that they do not know too."""
    for manifest in manifests:
        for version in KUBERNETES:
            try:
                kubernetes_validate.validate(manifest, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                yield (
                    f"{manifest['kind']} {name_of(manifest)}",
                    f"{'.'.join(map(str, error.path))}: {error.message[:300]}",
                )
                break
