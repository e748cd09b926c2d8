"""What is not as it must be, as those who look tell it: `cadran doctor`, and services before they start."""

from typing import NamedTuple


class Fault(NamedTuple):
    """What is wrong, and what mends it."""

    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.what}: {self.mend}"
