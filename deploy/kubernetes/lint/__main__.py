"""`python -m deploy.kubernetes.lint`: says what is wrong, and ends with status 1 if anything is."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from deploy.findings import Finding, tell
from deploy.kubernetes.lint.manifests import Manifest, build, schema_faults
from deploy.kubernetes.lint.rules import RULES

OVERLAY = Path(__file__).resolve().parents[1] / "overlays" / "production"


def findings(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """What is wrong with manifests; by the schemas alone, where these refuse some."""
    faults = list(schema_faults(manifests)) or [fault for rule in RULES for fault in rule(manifests)]
    yield from (Finding(OVERLAY.name, *fault) for fault in faults)


if __name__ == "__main__":
    tell(lambda: findings(build(OVERLAY)))
