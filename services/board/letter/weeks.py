"""Business weeks, Monday to Sunday, and when the letter about one is due. Pure."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.common.calendar import DAY, WEEKDAYS
from services.common.errors import Invalid

WEEK = timedelta(days=7)


class Week(NamedTuple):
    """A business week, named by its Monday."""

    first: date

    @property
    def last(self) -> date:
        return self.first + WEEK - DAY

    @property
    def name(self) -> str:
        """As ISO 8601 numbers it: `2026-W47`."""
        year, number, _ = self.first.isocalendar()
        return f"{year}-W{number:02}"

    def before(self, weeks: int = 1) -> "Week":
        return Week(self.first - weeks * WEEK)

    def end(self, zone: ZoneInfo) -> datetime:
        """The midnight that ends it."""
        return datetime.combine(self.first + WEEK, time(0), zone).astimezone(UTC)


def week_of(day: date) -> Week:
    """The week that holds a day."""
    return Week(day - timedelta(days=day.weekday()))


def last_whole_week(today: date) -> Week:
    """The youngest week that is over."""
    return week_of(today).before()


def whole_week(day: date, today: date) -> Week:
    """The week that holds a day.

    :raises Invalid: when it is not over yet.
    """
    week, last = week_of(day), last_whole_week(today)
    if week > last:
        raise Invalid(
            f"the week of {week.first} is not over", field="week", mend=f"ask for one up to {last.first}, or for none"
        )
    return week


class SendingTime(NamedTuple):
    """A time on the wall at which letters are due, every week."""

    weekday: int
    at: time

    def after(self, week: Week, zone: ZoneInfo) -> datetime:
        """When the letter about a week is due: in the week that follows."""
        day = week.first + WEEK + timedelta(days=self.weekday)
        return datetime.combine(day, self.at, zone).astimezone(UTC)


def read_sending_time(text: str) -> SendingTime:
    """`"mon 07:30"` to a time of the week.

    :raises ValueError: when it is none.
    """
    found = re.fullmatch(rf"({'|'.join(WEEKDAYS)}) ([01]\d|2[0-3]):([0-5]\d)", text)
    if found is None:
        raise ValueError(f"{text!r} is no time of the week; an example is mon 07:30")
    return SendingTime(WEEKDAYS.index(found[1]), time(int(found[2]), int(found[3])))


def due_week(now: datetime, sending: SendingTime, zone: ZoneInfo) -> Week | None:
    """The week whose letter is due: the last whole one, from its time on until the next week is over.

    So a machine that was off sends it when it is back, and nothing older.
    """
    week = last_whole_week(now.astimezone(zone).date())
    return week if sending.after(week, zone) <= now else None
