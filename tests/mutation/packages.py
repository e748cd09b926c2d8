"""What is measured, and by which tests: those that need no server, as thousands of runs must be quick.

The others could only kill more.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Package(NamedTuple):
    """Folders or files, and the tests that concern them."""

    places: Sequence[str]
    suites: Sequence[str]

    def modules(self, root: Path) -> list[str]:
        """Its files, by their paths from the root."""
        places = (root / place for place in self.places)
        found = (file for each in places for file in (each.rglob("*.py") if each.is_dir() else [each]))
        return sorted(str(file.relative_to(root)) for file in found)


PROPERTIES = (
    "tests/properties/test_customers.py",
    "tests/properties/test_offers.py",
    "tests/properties/test_prices.py",
)

PACKAGES: Mapping[str, Package] = {
    "windows": Package(
        ("services/common/windows.py", "services/common/calendar.py"),
        ("tests/common/test_windows.py", "tests/common/test_calendar.py"),
    ),
    "entities": Package(
        ("services/kpi_stream/entities",),
        (
            "tests/kpi_stream/entities",
            "tests/kpi_stream/test_folding.py",
            "tests/kpi_stream/test_records.py",
            "tests/kpi_stream/kpis",
            "tests/properties/test_folds.py",
            "tests/properties/test_provenance.py",
            *PROPERTIES,
        ),
    ),
    "kpis": Package(
        ("services/kpi_stream/kpis",),
        ("tests/kpi_stream/kpis", "tests/properties/test_values.py", *PROPERTIES),
    ),
}
