"""What numbers are read against: the moment, the calendar, the targets, promotions, reps and exchange rates."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from services.common.calendar import DAY, HOUR, BusinessCalendar, OpeningTimes, Place, SpecialDay, WeeklyHours
from services.common.events.reference import CalendarSet, PromotionSet, RateSet, RepSet, TargetSet
from services.common.events.subjects import joined
from services.common.money import exponent, to_major
from services.common.windows import Period
from services.kpi_stream.declared import LoyaltyDays
from services.kpi_stream.entities.reference import Reference, in_force
from services.kpi_stream.entities.statements import microseconds

RATE_MAX_AGE = 7
"""Days that a rate may be older than the day it is used for."""

LOYALTY = LoyaltyDays()

T = TypeVar("T")


class ReferenceBook:
    """All reference statements, by event type and subject, read as of a moment."""

    def __init__(self, statements: Mapping[str, Mapping[str, Reference]], now: datetime) -> None:
        self._statements = statements
        self._now = now
        self._rate_of: dict[tuple[str, str, date], Decimal | None] = {}

    def target(self, measure: str, member: str, period: Period, starts_on: date, at: datetime) -> int | float | None:
        """The objective in force at a moment, in the unit that it was stated in; none when there was none."""
        subject = joined(measure, member, period, starts_on.isoformat())
        reference = self._statements.get("target.set", {}).get(subject)
        stated: TargetSet | None = in_force(reference, microseconds(at)) if reference else None
        return stated.value if stated else None

    def target_members(self, measure: str, kind: str) -> set[str]:
        """The reps or teams (`kind`) that ever had a target of a measure."""
        found = set()
        for target in self._current("target.set", TargetSet).values():
            if target.measure == measure:
                found.add(target.rep_id if kind == "rep" else target.team_id)
        return {member for member in found if member is not None}

    @cached_property
    def promotions(self) -> dict[str, PromotionSet]:
        return self._current("promotion.set", PromotionSet)

    @cached_property
    def reps(self) -> dict[str, RepSet]:
        return self._current("rep.set", RepSet)

    def team_of(self, rep: str) -> str | None:
        stated = self.reps.get(rep)
        return stated.team_id if stated else None

    def rate(self, currency: str, into: str, day: date) -> Decimal | None:
        """Major units of `into` for one of `currency`: the latest rate not after the day, at most a week older."""
        key = (currency, into, day)
        if key not in self._rate_of:
            self._rate_of[key] = self._find_rate(currency, into, day)
        return self._rate_of[key]

    def _find_rate(self, currency: str, into: str, day: date) -> Decimal | None:
        for age in range(RATE_MAX_AGE + 1):
            stated = self._rates_in_force.get(joined(currency, (day - timedelta(days=age)).isoformat()))
            if stated is not None and stated.into in (None, into):
                return stated.rate
        return None

    @cached_property
    def _rates_in_force(self) -> dict[str, RateSet]:
        return self._current("rate.set", RateSet)

    def opening_times(self) -> OpeningTimes:
        """What is stated about opening, for the calendar; of weekly hours also from when."""
        weekly: dict[Place, list[WeeklyHours]] = {}
        special: dict[tuple[Place, date], SpecialDay] = {}
        for reference in self._statements.get("calendar.set", {}).values():
            for at, statement in sorted(reference.statements.items()):
                data = msgspec.convert(statement.data, CalendarSet)
                place = Place(data.region, data.channel)
                if data.weekly is not None:
                    stated_at = datetime.fromtimestamp(at / 1_000_000, self._now.tzinfo)
                    weekly.setdefault(place, []).append(
                        WeeklyHours(stated_at, {str(day): hours for day, hours in data.weekly.items()})
                    )
                elif data.day is not None:
                    special[place, data.day] = SpecialDay(data.hours)
        return OpeningTimes(weekly, special)

    def next_in_force(self) -> datetime | None:
        """When the first of the statements that are not in force yet will be."""
        now = microseconds(self._now)
        references = (one for by_subject in self._statements.values() for one in by_subject.values())
        later = [at for reference in references for at in reference.statements if at > now]
        return datetime.fromtimestamp(min(later) / 1_000_000, UTC) if later else None

    def _current(self, event_type: str, model: type[T]) -> dict[str, T]:
        found: dict[str, T] = {}
        for subject, reference in self._statements.get(event_type, {}).items():
            stated: Any = in_force(reference, microseconds(self._now))
            if isinstance(stated, model):
                found[subject] = stated
        return found


class World:
    """The moment at which a number is read, and everything it is read against.

    `closed`: the past day at whose close it is read, if it is not read now.
    """

    def __init__(
        self,
        *,
        now: datetime,
        calendar: BusinessCalendar,
        book: ReferenceBook,
        reporting_currency: str,
        win_days: int = 30,
        loyalty: LoyaltyDays = LOYALTY,
        closed: date | None = None,
    ) -> None:
        self.win_days = win_days
        self.loyalty = loyalty
        self.now = now
        self.calendar = calendar
        self.book = book
        self.reporting_currency = reporting_currency
        self.closed = closed
        self.today = closed or calendar.day_of(now)

    def at_close(self, day: date) -> "World":
        """The same with the clock set to the midnight that ends a past day, which is the day of its numbers.

        What is stated by now stays known: rates and teams that were told late count. Targets are those of that moment.
        """
        return World(
            now=self.calendar.midnight(day + DAY),
            calendar=self.calendar,
            book=self.book,
            reporting_currency=self.reporting_currency,
            win_days=self.win_days,
            loyalty=self.loyalty,
            closed=day,
        )

    def stands_until(self) -> datetime:
        """The moment up to which the clock moves nothing but the pace of what has a target, and the current minute.

        That is the end of the hour, unless a statement comes into force before.
        """
        end_of_hour = self.calendar.floor_hour(self.now) + HOUR
        return min(end_of_hour, self.book.next_in_force() or end_of_hour)

    def major(self, minor: int | None) -> Decimal | None:
        """Minor units of the reporting currency in major ones; what is not known stays so."""
        return None if minor is None else to_major(minor, self.reporting_currency)

    def convert(self, minor: int, currency: str, day: date) -> Decimal | None:
        """Minor units of a currency in minor units of the reporting one, not rounded; none when no rate is near."""
        if currency == self.reporting_currency:
            return Decimal(minor)
        rate = self.book.rate(currency, self.reporting_currency, day)
        if rate is None:
            return None
        return (Decimal(minor) * rate).scaleb(exponent(self.reporting_currency) - exponent(currency))
