"""Events that state what numbers are read against: targets, promotions, calendars, reps, rates.

Topic `cadran.reference`.

Every statement is kept by its time: what was in force at an instant is the last stated by then.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, field

from services.common.calendar import parse_hours
from services.common.errors import Invalid
from services.common.events.fields import LIMIT, CurrencyCode, Day, DayOrMoment, Hours, Name, Problem, Statement
from services.common.events.subjects import joined
from services.common.windows import Period

Measure = Literal[
    "new_leads",
    "acquisition_rate",
    "sales",
    "competitor_prices",
    "loyalty",
    "team_satisfaction",
    "add_on_sales",
    "nps",
]
MONEY_MEASURES = ("sales",)
RATE_MEASURES = ("acquisition_rate", "loyalty", "add_on_sales")
_ABOUT = {"description": "The objective, in the measure's unit.", "examples": [40]}
Objective = (
    Annotated[int, Meta(ge=-LIMIT, le=LIMIT, **_ABOUT)]
    | Annotated[float, Meta(ge=-float(LIMIT), le=float(LIMIT), **_ABOUT)]
)
SMALLEST_RATE, LARGEST_RATE = Decimal("1e-9"), Decimal("1e9")
LATEST = datetime(2101, 1, 1, tzinfo=UTC)
DayHours = Annotated[tuple[Hours, ...], Meta(max_length=10)]


class TargetSet(Statement, frozen=True, kw_only=True):
    """An objective: minor units for money, 0-1 for rates, points for NPS, a number for counts."""

    measure: Measure
    period: Literal["month", "quarter", "year"]
    starts_on: Day
    value: Objective
    rep_id: Name | None = None
    team_id: Name | None = None

    def problems(self, zone: ZoneInfo) -> list[Problem]:
        first = Period(self.period).first_day(self.starts_on)
        faults = []
        if self.starts_on != first:
            faults.append(Problem("starts_on", f"{self.starts_on} begins no {self.period}", f"send {first}"))
        if self.rep_id is not None and self.team_id is not None:
            faults.append(Problem("team_id", "stands beside rep_id", "send a target for a rep or for a team"))
        if self.measure in MONEY_MEASURES and not isinstance(self.value, int):
            faults.append(Problem("value", "is no integer", "send the amount in minor units (cents)"))
        if self.measure in RATE_MEASURES and not 0 <= self.value <= 1:
            faults.append(Problem("value", f"{self.value} is no rate", "send a share between 0 and 1: 25 % is 0.25"))
        return faults

    @property
    def member(self) -> str:
        """Whose target: `all`, `rep:…` or `team:…`."""
        if self.rep_id is not None:
            return f"rep:{self.rep_id}"
        return f"team:{self.team_id}" if self.team_id is not None else "all"

    def subject(self, zone: ZoneInfo) -> str:
        return joined(self.measure, self.member, self.period, self.starts_on.isoformat())


class PromotionSet(Statement, frozen=True, kw_only=True):
    """A promotion: its name, when it runs (a last day counts whole), and where; nothing said: everywhere."""

    name: Name
    from_: DayOrMoment = field(name="from")
    to: DayOrMoment
    channels: Annotated[tuple[Name, ...], Meta(max_length=100)] = ()
    regions: Annotated[tuple[Name, ...], Meta(max_length=100)] = ()

    def problems(self, zone: ZoneInfo) -> list[Problem]:
        try:
            start, end = self.starts_at(zone), self.ends_at(zone)
        except ValueError as error:
            return [Problem("from", f"or `to` is no date ({error})", "send days such as 2026-11-20")]
        if end > LATEST:
            return [Problem("to", "lies after the year 2100", "send the last day; move it when you know better")]
        if start >= end:
            return [Problem("to", "is not after `from`", "send an end that comes after the beginning")]
        return []

    def starts_at(self, zone: ZoneInfo) -> datetime:
        return _instant(self.from_, zone, timedelta(0))

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """Where `to` is a day, the end of that day."""
        return _instant(self.to, zone, timedelta(days=1))


def _instant(text: str, zone: ZoneInfo, later: timedelta) -> datetime:
    if "T" in text:
        return datetime.fromisoformat(text).astimezone(UTC)
    return datetime.combine(date.fromisoformat(text) + later, time(0), zone).astimezone(UTC)


class CalendarSet(Statement, frozen=True, kw_only=True):
    """Opening hours: of a day (`day`, with `hours` or none: closed), or by weekday (`weekly`).

    Of a region, a channel, one of both, or (neither said) of the company.
    """

    region: Name | None = None
    channel: Name | None = None
    day: Day | None = None
    hours: DayHours = ()
    weekly: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], DayHours] | None = None

    def problems(self, zone: ZoneInfo) -> list[Problem]:
        if (self.day is None) == (self.weekly is None):
            return [
                Problem("day", "or `weekly` is needed, and not both", "send `day` for one day, `weekly` for the rule")
            ]
        try:
            for text in (*self.hours, *(text for hours in (self.weekly or {}).values() for text in hours)):
                parse_hours(text)
        except Invalid as error:
            return [Problem("hours" if self.day else "weekly", error.message, error.mend)]
        return []

    def subject(self, zone: ZoneInfo) -> str:
        place = (self.region or "", self.channel or "")
        return joined(*place, self.day.isoformat()) if self.day else joined(*place)


class RepSet(Statement, frozen=True, kw_only=True):
    """How a rep is shown (an alias, not a person's full name) and which team they are in; subject: the rep's id."""

    alias: Name | None = None
    team_id: Name | None = None


class RateSet(Statement, frozen=True, kw_only=True):
    """What one unit of a currency was worth on a day, in the reporting currency (or in `into`)."""

    currency: CurrencyCode
    day: Day
    rate: Annotated[Decimal, Meta(description="Units of the reporting currency for one unit.", examples=["0.9213"])]
    into: CurrencyCode | None = None

    def problems(self, zone: ZoneInfo) -> list[Problem]:
        if not (self.rate.is_finite() and SMALLEST_RATE <= self.rate <= LARGEST_RATE):
            mend = f"send a number greater than 0: from {SMALLEST_RATE:f} to {LARGEST_RATE:f}"
            return [Problem("rate", f"{self.rate} is no rate", mend)]
        return []

    def subject(self, zone: ZoneInfo) -> str:
        return joined(self.currency, self.day.isoformat())
