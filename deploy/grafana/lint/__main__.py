"""`python -m deploy.grafana.lint`: says what is wrong, and ends with status 1 if anything is."""

from pathlib import Path

from deploy.findings import Finding, tell
from deploy.grafana.lint import provisioning
from deploy.grafana.lint.boards import lint, read_boards
from deploy.grafana.lint.catalogue import catalogue
from deploy.grafana.lint.provisioning import read_surroundings
from services.kpi_stream.kpis import all_kpis

DEPLOY = Path(__file__).resolve().parents[2]
CURRENCY = "EUR"
"""What the boards in the repository are made for."""


def findings(deploy: Path = DEPLOY) -> list[Finding]:
    """What is wrong with the boards and the provisioning below a folder."""
    kpis = all_kpis()
    known = catalogue(kpis.values(), CURRENCY)
    boards = read_boards(deploy / "grafana" / "dashboards")
    surroundings = read_surroundings(deploy / "prometheus", known)
    return [*lint(boards, known, kpis), *provisioning.findings(deploy / "grafana" / "provisioning", surroundings)]


if __name__ == "__main__":
    tell(findings)
