"""A clock that a test sets."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


class Clock:
    """Shows what it is set to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)
