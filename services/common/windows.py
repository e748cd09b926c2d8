"""Windows: which stretch of time a number covers, and the stretch that it is compared with.

`1h` is the current minute and the 59 before, `24h` the current hour and the 23 before; `7d 30d 90d` are calendar days,
today included; `today wtd mtd qtd ytd` begin with the day, week (Monday), month, quarter, year. `from..to` is any days.

Two periods are only ever compared up to the same point. Rolling windows and `today` shift by their own length, `wtd`
by 7 days, `from..to` is the same length just before. `mtd qtd ytd` run to where the calendar of the member has passed
the same opening time: a month that began on a Sunday has not sold less by its tenth, it was open less.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import Enum, StrEnum
from functools import lru_cache

import msgspec

from services.common.calendar import COMPANY, DAY, HOUR, BusinessCalendar, Place, Span
from services.common.errors import Malformed

MINUTE = timedelta(minutes=1)


class WindowName(StrEnum):
    """The windows that have a name."""

    HOUR = "1h"
    DAY = "24h"
    DAYS_7 = "7d"
    DAYS_30 = "30d"
    DAYS_90 = "90d"
    TODAY = "today"
    WEEK = "wtd"
    MONTH = "mtd"
    QUARTER = "qtd"
    YEAR = "ytd"


FROM_TO = "from..to"
ROLLING_DAYS = {WindowName.TODAY: 1, WindowName.DAYS_7: 7, WindowName.DAYS_30: 30, WindowName.DAYS_90: 90}
DAY_WINDOWS = tuple(name for name in WindowName if name not in (WindowName.HOUR, WindowName.DAY))


class Period(StrEnum):
    """The periods that a target is set for."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    def first_day(self, day: date) -> date:
        """The first day of the period that holds a day."""
        month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[self]
        return date(day.year, month, 1)

    def next_first_day(self, day: date) -> date:
        """The first day of the period after the one that holds a day."""
        months = {"month": 1, "quarter": 3, "year": 12}[self]
        first = self.first_day(day)
        ordinal = first.year * 12 + first.month - 1 + months
        return date(ordinal // 12, ordinal % 12 + 1, 1)

    def previous_first_day(self, day: date) -> date:
        """The first day of the period before the one that holds a day."""
        return self.first_day(self.first_day(day) - DAY)


WIN_DAYS = (0, 1, 7, 14, 30, 60, 90, 180, 365)
"""The days within which a lead may count as won in time: cells are kept by these."""

TO_DATE: Mapping[str, Period] = {
    WindowName.MONTH: Period.MONTH,
    WindowName.QUARTER: Period.QUARTER,
    WindowName.YEAR: Period.YEAR,
}


class Grain(Enum):
    """The finest step at which a window can be cut."""

    MINUTE = MINUTE
    HOUR = HOUR
    DAY = DAY


class Window(msgspec.Struct, frozen=True):
    """A stretch of whole minutes, hours or days, up to and including the current one."""

    name: str
    span: Span
    grain: Grain

    def first_day(self, calendar: BusinessCalendar) -> date:
        return calendar.day_of(self.span.start)

    def last_day(self, calendar: BusinessCalendar) -> date:
        return calendar.day_of(self.span.end - timedelta(microseconds=1))


class Comparison(msgspec.Struct, frozen=True):
    """The two spans that are compared, both cut at the same point."""

    current: Span
    previous: Span

    @property
    def until(self) -> datetime:
        return self.current.end


def named_window(name: str, now: datetime, calendar: BusinessCalendar) -> Window:
    """The window of this name at this moment.

    :raises Malformed: when no window bears the name.
    """
    if name not in set(WindowName):
        raise Malformed(
            f"no window is called {name!r}", field="window", mend=f"send one of {' '.join(WindowName)}, or from and to"
        )
    if name == WindowName.HOUR:
        end = now.replace(second=0, microsecond=0) + MINUTE
        return Window(name, Span(end - HOUR, end), Grain.MINUTE)
    if name == WindowName.DAY:
        end = calendar.floor_hour(now) + HOUR
        return Window(name, Span(end - DAY, end), Grain.HOUR)
    today = calendar.day_of(now)
    return Window(name, calendar.days_span(_first_day(name, today), today), Grain.DAY)


def _first_day(name: str, today: date) -> date:
    if name in TO_DATE:
        return TO_DATE[name].first_day(today)
    if name == WindowName.WEEK:
        return today - timedelta(days=today.weekday())
    return today - timedelta(days=ROLLING_DAYS[WindowName(name)] - 1)


def days_window(first: date, last: date, calendar: BusinessCalendar) -> Window:
    """Any days, the last included.

    :raises Malformed: when the last comes before the first.
    """
    if last < first:
        raise Malformed(f"{last} comes before {first}", field="to", mend="send a `to` that is not before `from`")
    return Window(FROM_TO, calendar.days_span(first, last), Grain.DAY)


def compare(
    window: Window, now: datetime, calendar: BusinessCalendar, *, grain: Grain, place: Place = COMPANY
) -> Comparison | None:
    """The window cut at the last full hour, and the previous period cut at the same point.

    With `Grain.DAY` (numbers that exist by day only) both are cut at the end of yesterday. `1h` is cut at the last full
    minute. `None` when nothing of the window, or of the previous period, has passed.
    """
    return _compare(window, now, calendar, grain, calendar.told_apart(place))


@lru_cache(maxsize=4096)
def _compare(
    window: Window, now: datetime, calendar: BusinessCalendar, grain: Grain, place: Place
) -> Comparison | None:
    until = min(_last_full(window, now, calendar, grain), window.span.end)
    if until <= window.span.start:
        return None
    current = Span(window.span.start, until)
    previous = _previous(window, current, calendar, grain, place)
    return Comparison(current, previous) if previous and previous.start < previous.end else None


def _last_full(window: Window, now: datetime, calendar: BusinessCalendar, grain: Grain) -> datetime:
    if grain is Grain.DAY:
        return calendar.midnight(calendar.day_of(now))
    if window.grain is Grain.MINUTE:
        return now.replace(second=0, microsecond=0)
    return calendar.floor_hour(now)


def _previous(window: Window, current: Span, calendar: BusinessCalendar, grain: Grain, place: Place) -> Span | None:
    if window.grain is not Grain.DAY:
        back = window.span.length
        return Span(current.start - back, current.end - back)
    if window.name in TO_DATE:
        return _same_point(TO_DATE[window.name], current, calendar, grain, place)
    days = 7 if window.name == WindowName.WEEK else (window.last_day(calendar) - window.first_day(calendar)).days + 1
    return Span(calendar.shift_days(current.start, -days), calendar.shift_days(current.end, -days))


@lru_cache(maxsize=4096)
def _same_point(period: Period, current: Span, calendar: BusinessCalendar, grain: Grain, place: Place) -> Span | None:
    """The previous month, quarter or year, to where it had been open for as long as the current one has.

    Where the current span ends while the place is closed, the previous one runs on into the closed hours for as long,
    at most to the next opening: otherwise what is sold at night would count on one side only.
    """
    first = calendar.day_of(current.start)
    previous = calendar.days_span(period.previous_first_day(first), first - DAY)
    gone = calendar.opening_time(current, place)
    reached = calendar.after_opening_time(previous, gone, place)
    if reached is None:
        return previous
    if grain is Grain.DAY:
        return Span(previous.start, _nearest_midnight(reached, calendar, place))
    closed = current.end - _last_open(current, calendar, place)
    end = min(reached + closed, _next_opening(reached, previous, calendar, place), previous.end)
    return Span(previous.start, calendar.floor_hour(end + HOUR / 2))


def _last_open(span: Span, calendar: BusinessCalendar, place: Place) -> datetime:
    """The last instant of a span at which the place was open; its start if it never was."""
    gone = calendar.opening_time(span, place)
    return calendar.after_opening_time(span, gone, place) or span.start


def _next_opening(instant: datetime, within: Span, calendar: BusinessCalendar, place: Place) -> datetime:
    """The first opening at or after an instant; the end of the span if there is none."""
    day = calendar.day_of(instant)
    while calendar.midnight(day) < within.end:
        for open_span in calendar.opening(day, place):
            if open_span.end > instant:
                return max(open_span.start, instant)
        day += DAY
    return within.end


def _nearest_midnight(reached: datetime, calendar: BusinessCalendar, place: Place) -> datetime:
    """The end of the day that an instant lies in; its beginning where less than half of its opening time had gone."""
    day = calendar.day_span(calendar.day_of(reached))
    if reached == day.start:
        return day.start
    gone = calendar.opening_time(Span(day.start, reached), place)
    return day.end if gone * 2 >= calendar.opening_time(day, place) else day.start


Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of a real process; tests pass their own."""
    return datetime.now(UTC)
