"""One change to one place, by the name that Cosmic Ray gives it."""

from typing import NamedTuple

Position = tuple[int, int]
"""A line, from 1, and a column, from 0."""


class Mutant(NamedTuple):
    """The change that an operator makes where it can for the nth time."""

    path: str
    operator: str
    occurrence: int
    start: Position

    @property
    def line(self) -> int:
        return self.start[0]

    @property
    def place(self) -> tuple[str, str, Position]:
        """What one change is drawn of: Cosmic Ray has eleven for a `+`, and one for an `and`."""
        return self.path, self.operator.partition("_")[0], self.start
