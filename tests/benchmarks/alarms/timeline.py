"""Days in slots of five minutes of the clock on the wall, and when the company is open: its calendar, as arrays."""

from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.common.calendar import DAY
from services.common.windows import Period
from tests.support.world import world

Array = NDArray[Any]

SLOT = timedelta(minutes=5)
SLOTS = DAY // SLOT
"""Of a day. A day on which the clock is changed has as many here: it is a Sunday, and closed."""
HOUR_SLOTS = SLOTS // 24
FIRST, LAST = date(2025, 1, 1), date(2027, 12, 31)


def number(day: date) -> int:
    """Of a day: how many come before it. An instant is told by the number of the slot that begins at it."""
    return (day - FIRST).days


class Timeline:
    """All days from the first to the last, of a company with the default opening hours and public holidays."""

    @cached_property
    def days(self) -> list[date]:
        return [FIRST + i * DAY for i in range(number(LAST) + 1)]

    @cached_property
    def weekday(self) -> Array:
        return np.array([day.weekday() for day in self.days])

    @cached_property
    def is_open(self) -> Array:
        """By day and slot."""
        calendar = world("2026-01-01 00:00").calendar
        found = np.zeros((len(self.days), SLOTS), bool)
        for i, day in enumerate(self.days):
            for span in calendar.opening(day):
                opens, closes = (_slot(end.astimezone(calendar.zone)) for end in span)
                found[i, opens:closes] = True
        return found

    @cached_property
    def opened(self) -> Array:
        """By instant: for how many slots the company has been open until then."""
        return np.concatenate([[0], np.cumsum(self.is_open)])

    @cached_property
    def month(self) -> Array:
        """By day: the first of its month."""
        return np.array([number(Period.MONTH.first_day(day)) for day in self.days])

    @cached_property
    def next_month(self) -> Array:
        """By day: the first of the month after it."""
        return np.array([number(Period.MONTH.next_first_day(day)) for day in self.days])


def _slot(wall: datetime) -> int:
    return (wall.hour * 60 + wall.minute) // 5


TIMELINE = Timeline()


def mondays(runs: int) -> Array:
    """So many beginnings of a week, spread evenly over the weeks of 2026."""
    return number(date(2026, 1, 5)) + 7 * (np.arange(runs) % 52)
