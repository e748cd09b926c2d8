"""The business calendar: which instant belongs to which day, and when whom is open.

One business time zone cuts days, weeks (from Monday) and months. Opening hours say how much of a period has gone: a
Tuesday in an open shop is not a Sunday in a closed one. All instants are aware datetimes in UTC; all arithmetic with
the clock on the wall goes through the zone, so that days of 23 and 25 hours come out right.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays
import msgspec

from services.common.errors import ConfigurationError, Invalid

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MIDNIGHT = time(0)


class Span(NamedTuple):
    """A stretch of time, its end not included."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def intersect(self, other: "Span") -> "Span | None":
        """What both hold in common, if anything."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None


class Place(NamedTuple):
    """Whose calendar: a region's, a channel's, one of both, or (both empty) the company's."""

    region: str | None = None
    channel: str | None = None


COMPANY = Place()

Minutes = tuple[int, int]
"""Opening and closing, in minutes of the clock on the wall since midnight; closing may be 1440."""

ALL_DAY: tuple[Minutes, ...] = ((0, 1440),)


def parse_hours(text: str) -> Minutes:
    """`"09:00-19:00"` to minutes since midnight.

    :raises Invalid: when it is not two times of day, the second later.
    """
    try:
        opens, closes = (_minute_of(part) for part in text.split("-"))
    except ValueError:
        opens = closes = 0
    if not opens < closes <= 24 * 60:
        raise Invalid(
            f"{text!r} are no opening hours", mend="send them as 09:00-19:00, the second time later than the first"
        )
    return opens, closes


def _minute_of(text: str) -> int:
    hours, minutes = text.strip().split(":")
    if not (hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2 and int(minutes) < 60):
        raise ValueError(text)
    return int(hours) * 60 + int(minutes)


class WeeklyHours(msgspec.Struct, frozen=True):
    """Opening hours by weekday, from the moment they are stated."""

    stated_at: datetime
    hours: Mapping[str, Sequence[str]]

    def on(self, day: date) -> tuple[Minutes, ...]:
        return tuple(parse_hours(text) for text in self.hours.get(WEEKDAYS[day.weekday()], ()))


class SpecialDay(msgspec.Struct, frozen=True):
    """What one day has instead of its weekday's hours; no hours: closed."""

    hours: Sequence[str] = ()


class OpeningTimes(msgspec.Struct, frozen=True):
    """All that is stated about opening, by place (`calendar.set`)."""

    weekly: Mapping[Place, Sequence[WeeklyHours]] = {}
    special: Mapping[tuple[Place, date], SpecialDay] = {}


@lru_cache(maxsize=8)
def public_holidays(country: str) -> holidays.HolidayBase:
    """The public holidays of a country, or of a part of it (`DE-BY`).

    :raises ConfigurationError: when the country is not known.
    """
    code, _, part = country.partition("-")
    try:
        return holidays.country_holidays(code, subdiv=part or None)
    except NotImplementedError:
        raise ConfigurationError(
            f"no public holidays are known for {country!r}",
            field="CADRAN_COUNTRY",
            mend="set an ISO 3166 code, such as FR or DE-BY",
        ) from None


class BusinessCalendar:
    """Days and opening time in the business time zone.

    `regions` `channels`: those whose opening is stated, or that are online.
    """

    def __init__(
        self,
        zone: ZoneInfo,
        *,
        is_holiday: Callable[[date], bool],
        weekly_hours: Mapping[str, Sequence[str]],
        online_channels: Sequence[str] = (),
        stated: OpeningTimes | None = None,
    ) -> None:
        self.zone = zone
        self.is_holiday = is_holiday
        self._default = WeeklyHours(datetime.min.replace(tzinfo=UTC), weekly_hours)
        self._online = frozenset(online_channels)
        self._stated = stated or OpeningTimes()
        stated_of = {*self._stated.weekly, *(place for place, _ in self._stated.special)}
        self.regions = frozenset(place.region for place in stated_of if place.region)
        self.channels = frozenset(place.channel for place in stated_of if place.channel) | self._online
        self._opening_cache: dict[tuple[Place, date], tuple[Span, ...]] = {}

    def day_of(self, instant: datetime) -> date:
        """The business day that an instant belongs to."""
        return instant.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """The instant at which a business day begins."""
        return datetime.combine(day, MIDNIGHT, self.zone).astimezone(UTC)

    def day_span(self, day: date) -> Span:
        """A business day: 23, 24 or 25 hours."""
        return Span(self.midnight(day), self.midnight(day + DAY))

    def days_span(self, first: date, last: date) -> Span:
        """Business days, the last included."""
        return Span(self.midnight(first), self.midnight(last + DAY))

    def floor_hour(self, instant: datetime) -> datetime:
        """The full hour of the clock on the wall at or before an instant."""
        local = instant.astimezone(self.zone)
        return instant - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)

    def shift_days(self, instant: datetime, days: int) -> datetime:
        """The same time on the wall, some days later (or, negative, earlier)."""
        local = instant.astimezone(self.zone)
        return datetime.combine(local.date() + timedelta(days=days), local.time(), self.zone).astimezone(UTC)

    def told_apart(self, place: Place) -> Place:
        """The widest place that opens whenever this one does: a region or channel that nothing is stated of is no other
        than the company."""
        return Place(
            place.region if place.region in self.regions else None,
            place.channel if place.channel in self.channels else None,
        )

    def opening(self, day: date, place: Place = COMPANY) -> tuple[Span, ...]:
        """When a place is open on a day, in order; empty when it is closed."""
        key = (place, day)
        if key not in self._opening_cache:
            self._opening_cache[key] = tuple(self._span(day, minutes) for minutes in self._hours(day, place))
        return self._opening_cache[key]

    def is_open(self, instant: datetime, place: Place = COMPANY) -> bool:
        """Is a place open at an instant? At the moment of closing it is not."""
        return any(span.start <= instant < span.end for span in self.opening(self.day_of(instant), place))

    def opening_time(self, span: Span, place: Place = COMPANY) -> timedelta:
        """How long a place is open within a span."""
        total = timedelta()
        day = self.day_of(span.start)
        while self.midnight(day) < span.end:
            for open_span in self.opening(day, place):
                common = open_span.intersect(span)
                total += common.length if common else timedelta()
            day += DAY
        return total

    def opening_days(self, span: Span, place: Place = COMPANY) -> int:
        """Days on which a place is open for some of a span."""
        count, day = 0, self.day_of(span.start)
        while self.midnight(day) < span.end:
            count += any(open_span.intersect(span) for open_span in self.opening(day, place))
            day += DAY
        return count

    def after_opening_time(self, span: Span, wanted: timedelta, place: Place = COMPANY) -> datetime | None:
        """The first instant of a span by which a place has been open for so long; `None` if that is never reached."""
        gone, day = timedelta(), self.day_of(span.start)
        if wanted <= gone:
            return span.start
        while self.midnight(day) < span.end:
            for open_span in self.opening(day, place):
                common = open_span.intersect(span)
                if common is None:
                    continue
                if gone + common.length >= wanted:
                    return common.start + (wanted - gone)
                gone += common.length
            day += DAY
        return None

    def _span(self, day: date, minutes: Minutes) -> Span:
        opens, closes = (self._wall(day, minute) for minute in minutes)
        return Span(opens, closes)

    def _wall(self, day: date, minute: int) -> datetime:
        """The instant at which the clock on the wall shows a minute of a day."""
        if minute == 24 * 60:
            return self.midnight(day + DAY)
        return datetime.combine(day, time(minute // 60, minute % 60), self.zone).astimezone(UTC)

    def _hours(self, day: date, place: Place) -> tuple[Minutes, ...]:
        online = place.channel in self._online
        wider = self._wider(place, online)
        for candidate in wider:
            special = self._stated.special.get((candidate, day))
            if special is not None:
                return tuple(parse_hours(text) for text in special.hours)
        if not online and self.is_holiday(day):
            return ()
        for candidate in wider:
            weekly = self._weekly_stated(day, candidate)
            if weekly is not None:
                return weekly.on(day)
        return ALL_DAY if online else self._default.on(day)

    @staticmethod
    def _wider(place: Place, online: bool) -> tuple[Place, ...]:
        """The places whose statements hold for a place, the most specific first.

        What closes a region's or the company's shops does not close a channel that is online.
        """
        if online:
            return (place, Place(channel=place.channel))
        return (place, Place(region=place.region), Place(channel=place.channel), COMPANY)

    def _weekly_stated(self, day: date, place: Place) -> WeeklyHours | None:
        """The weekly hours in force for a place on a day: the last stated before its end."""
        before = [w for w in self._stated.weekly.get(place, ()) if w.stated_at < self.midnight(day + DAY)]
        return max(before, key=lambda w: w.stated_at, default=None)
