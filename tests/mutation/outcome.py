"""What may become of a mutant."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"
    UNREACHED = "unreached"
    """No test runs the line."""
    UNFIT = "unfit"
    """It is no code: it is no measure of the tests, and does not count."""
