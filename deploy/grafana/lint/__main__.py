"""`python -m deploy.grafana.lint`: says what is wrong, and ends with status 1 if anything is."""

import sys
from pathlib import Path

from deploy.grafana.lint import provisioning
from deploy.grafana.lint.boards import lint, read_boards
from deploy.grafana.lint.catalogue import catalogue
from deploy.grafana.lint.finding import Finding
from deploy.grafana.lint.provisioning import read_surroundings
from services.common.errors import CadranError
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


def main() -> None:
    try:
        found = findings()
    except CadranError as error:
        sys.exit(str(error))
    for finding in found:
        print(finding)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
