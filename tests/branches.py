"""`make coverage`: how many branches of each domain module its tests take; status 1 where a module's are too few.

Domain modules are those that .importlinter names. Writes the table into docs/testing.md.
"""

import configparser
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from coverage import Coverage

from tests.support.generated import write_part

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "testing.md"
LEAST = 0.9
SUITES = (
    "tests/board",
    "tests/common",
    "tests/ingest",
    "tests/kpi_stream",
    "tests/pricing_watch",
    "tests/properties",
    "tests/survey",
)
"""What is beside the services, without the tests of the whole, which would take anything at least once."""


class Branches(NamedTuple):
    """How many there are, and how many were taken."""

    there: int
    taken: int

    @property
    def share(self) -> float:
        return self.taken / self.there if self.there else 1.0


def domain_modules(importlinter: str) -> list[str]:
    """The modules that the contract of the domain names, in its order."""
    parser = configparser.ConfigParser()
    parser.read_string(importlinter)
    return parser["importlinter:contract:domain"]["source_modules"].split()


def files_of(module: str, root: Path = ROOT) -> list[str]:
    """A module's file, or all that a package holds, by their paths from the root."""
    place = root / module.replace(".", "/")
    found = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    return [str(file.relative_to(root)) for file in found]


def branches(report: Mapping[str, Any]) -> dict[str, Branches]:
    """By file, of coverage.py's report in JSON."""
    return {
        path: Branches(file["summary"]["num_branches"], file["summary"]["covered_branches"])
        for path, file in report["files"].items()
    }


def whole(module: str, found: Mapping[str, Branches]) -> Branches:
    """A module's; a package is the sum of its files."""
    files = [found[path] for path in files_of(module)]
    return Branches(sum(each.there for each in files), sum(each.taken for each in files))


def too_few(modules: Iterable[str], found: Mapping[str, Branches]) -> list[str]:
    """The modules of which too few are taken."""
    each = {module: whole(module, found) for module in modules}
    return [
        f"{module}: {of.taken} of {of.there} branches are taken, at least {LEAST:.0%} must be"
        for module, of in each.items()
        if of.share < LEAST
    ]


def table(modules: Iterable[str], found: Mapping[str, Branches], day: date) -> str:
    lines = [f"Run of {day}.", "", "| module | branches | taken | |", "| --- | ---: | ---: | ---: |"]
    for module in modules:
        of = whole(module, found)
        lines.append(f"| `{module.removeprefix('services.')}` | {of.there} | {of.taken} | {of.share:.0%} |")
    return "\n".join(lines)


def measured(suites: Sequence[str], files: Sequence[str]) -> dict[str, Branches]:
    """Run tests, and read what they took of some files.

    :raises SystemExit: when a test fails.
    """
    coverage = Coverage(data_file=None, branch=True, include=list(files), config_file=False)
    coverage.start()
    code = pytest.main(["-q", "-p", "no:cacheprovider", *suites])
    coverage.stop()
    if code:
        sys.exit("no coverage of tests that fail")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        coverage.json_report(morfs=list(files), outfile=str(report))  # what no test loads is told too
        return branches(json.loads(report.read_text()))


def main() -> None:
    os.environ.setdefault("HYPOTHESIS_PROFILE", "mutation")
    modules = domain_modules((ROOT / ".importlinter").read_text())
    found = measured(SUITES, [path for module in modules for path in files_of(module)])
    write_part(PAGE, "coverage", table(modules, found, datetime.now(UTC).date()))
    sys.exit("\n".join(too_few(modules, found)) or None)


if __name__ == "__main__":
    main()
