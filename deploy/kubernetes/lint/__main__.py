"""`python -m deploy.kubernetes.lint`: says what is wrong, and ends with status 1 if anything is."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from deploy.docker.lint.finding import Finding
from deploy.kubernetes.lint.manifests import Manifest, build, schema_faults
from deploy.kubernetes.lint.rules import RULES
from services.common.errors import CadranError

OVERLAY = Path(__file__).resolve().parents[1] / "overlays" / "production"


def findings(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """What is wrong with manifests; by the schemas alone, where these refuse some."""
    faults = list(schema_faults(manifests)) or [fault for rule in RULES for fault in rule(manifests)]
    yield from (Finding(OVERLAY.name, *fault) for fault in faults)


def main() -> None:
    try:
        found = list(findings(build(OVERLAY)))
    except CadranError as error:
        sys.exit(str(error))
    for finding in found:
        print(finding)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
