"""`python -m deploy.docker.lint`: says what is wrong, and ends with status 1 if anything is."""

from collections.abc import Iterator
from pathlib import Path

from deploy.docker.lint import reference_rules, schema, service_rules, twin_rules
from deploy.docker.lint.compose import Compose, read_compose
from deploy.docker.lint.tools import dockerfile_findings, script_findings
from deploy.findings import Finding, tell

ROOT = Path(__file__).resolve().parents[3]
FILE = "docker-compose.yml"


def compose_findings(compose: Compose) -> Iterator[Finding]:
    """What is wrong with a Compose file; by the schema alone, where that refuses it."""
    refused = [Finding(FILE, *fault) for fault in schema.faults(compose)]
    yield from refused or _by_rules(compose)


def _by_rules(compose: Compose) -> Iterator[Finding]:
    for name, service in compose.services.items():
        for rule in service_rules.RULES:
            yield from (Finding(FILE, name, text) for text in rule(service))
        for reference_rule in reference_rules.RULES:
            yield from (Finding(FILE, name, text) for text in reference_rule(compose, service))
    for twin_rule in twin_rules.RULES:
        yield from (Finding(FILE, *fault) for fault in twin_rule(compose))


def findings(root: Path = ROOT) -> Iterator[Finding]:
    """What is wrong with all that containers are made of, and with every script."""
    yield from compose_findings(read_compose(root / FILE, {}))
    yield from dockerfile_findings(root, root / "deploy" / "docker" / "Dockerfile")
    yield from script_findings(root)


if __name__ == "__main__":
    tell(findings)
