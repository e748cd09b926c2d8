"""What a check finds, and what became of it."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from services.common.faults import Fault


class Severity(StrEnum):
    """A fault must be mended; a warning should be looked at."""

    FAULT = "fault"
    WARNING = "warning"


class Finding(NamedTuple):
    """What is wrong, and what mends it."""

    what: str
    mend: str
    severity: Severity = Severity.FAULT


class Outcome(NamedTuple):
    """What became of a check. `waits_for`: the check whose faults have to be mended before this one is made."""

    check: str
    findings: tuple[Finding, ...] = ()
    waits_for: str = ""

    @property
    def is_good(self) -> bool:
        """Nothing was found that must be mended before what rests on it can be looked at."""
        return not self.waits_for and not any(found.severity is Severity.FAULT for found in self.findings)


def found(faults: Iterable[Fault]) -> Iterator[Finding]:
    """Faults that other parts of Cadran know, as findings."""
    return (Finding(fault.what, fault.mend) for fault in faults)
