"""When rounds open, close, and remind. Pure."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from enum import Enum, auto
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.survey.pulse.records import Round

OPENS_AT = time(9)
SATURDAY = 5


class Act(Enum):
    """What is to be done now."""

    NOTHING = auto()
    OPEN = auto()
    REMIND = auto()
    CLOSE = auto()


class Schedule(NamedTuple):
    """A round each month, from the first working day at or after `day` (0: none by itself), for `open_days` days;
    who has not answered is reminded once, `reminder_days` after it opened."""

    zone: ZoneInfo
    is_holiday: Callable[[date], bool]
    day: int
    open_days: int
    reminder_days: int

    def due(self, now: datetime, last: Round | None) -> Act:
        """What is due, after the last round, which may still be open."""
        if last is not None and last.closed_at is None:
            if now >= last.closes_at:
                return Act.CLOSE
            is_late = now >= last.opened_at + timedelta(days=self.reminder_days)
            return Act.REMIND if is_late and last.reminded_at is None else Act.NOTHING
        if self.day == 0:
            return Act.NOTHING
        opens = self.opening(now.astimezone(self.zone).date())
        is_due = now >= opens and (last is None or last.opened_at < opens)
        return Act.OPEN if is_due and now < opens + timedelta(days=self.open_days) else Act.NOTHING

    def opening(self, day: date) -> datetime:
        """When the round of a day's month opens."""
        first = day.replace(day=self.day)
        while first.weekday() >= SATURDAY or self.is_holiday(first):
            first += timedelta(days=1)
        return datetime.combine(first, OPENS_AT, self.zone)

    def closing(self, opened: datetime) -> datetime:
        """When a round that opens now closes: at the end of a day of the business zone."""
        last = opened.astimezone(self.zone).date() + timedelta(days=self.open_days)
        return datetime.combine(last, time(0), self.zone)
