"""Where a number stands against its target, by the opening time that has gone. Pure."""

from datetime import date

import msgspec

from services.common.calendar import DAY, Span
from services.common.money import to_major
from services.common.windows import FROM_TO, TO_DATE, Period, Window
from services.kpi_stream.kpis.cuts import ALL
from services.kpi_stream.kpis.kpi import SUMS, Direction, Estimate, Kpi, Number, Subject, Unit
from services.kpi_stream.kpis.statistics import Interval, none_of, quasi_poisson
from services.kpi_stream.kpis.world import World


class Progress(msgspec.Struct, frozen=True):
    """Where a number stands against its target."""

    target: Number | None = None
    elapsed: float | None = None
    attainment: float | None = None
    pace: float | None = None
    pace_interval: Interval | None = None
    projection: float | None = None
    required: float | None = None
    gap: float | None = None

    @classmethod
    def of(cls, kpi: Kpi, subject: Subject, estimate: Estimate, target: Number | None, world: World) -> "Progress":
        """Counts and money: attainment, pace, projection, required a day. Rates and scores: how far off, the good way.

        The interval of pace is that of what was counted, if days went on as they do; the target is no estimate.
        Pace and what follows from it are empty while less than one opening day has gone, or nothing is left.
        """
        if target is None or estimate.value is None:
            return cls(target)
        period = target_period(subject.window, world)
        if period is None:
            return cls(target)
        value, aim = float(estimate.value), float(target)
        if kpi.unit not in SUMS:
            return cls(target, gap=value - aim if kpi.good is Direction.UP else aim - value)
        calendar, place = world.calendar, subject.place
        gone = Span(period.start, min(max(world.now, period.start), period.end))
        total = calendar.opening_time(period, place)
        elapsed = calendar.opening_time(gone, place) / total if total else None
        attainment = value / aim if aim else None
        days_left = (
            calendar.opening_days(Span(max(world.now, period.start), period.end), place)
            if world.now < period.end
            else 0
        )
        if not elapsed or not days_left or _opening_days_over(gone, world, subject) < 1:
            return cls(target, elapsed, attainment)
        pace = attainment / elapsed if attainment is not None else None
        interval = _interval(kpi, pace, estimate.events or 0, aim * elapsed)
        return cls(target, elapsed, attainment, pace, interval, value / elapsed, (aim - value) / days_left)


def _interval(kpi: Kpi, pace: float | None, events: int, expected: float) -> Interval | None:
    """Of a pace; where nothing came, of counts alone: of a sum nobody knows how many things were expected."""
    if pace is None:
        return None
    if not events and kpi.unit is Unit.COUNT:
        return none_of(expected, kpi.dispersion)
    return quasi_poisson(pace, kpi.dispersion, events)


def _opening_days_over(gone: Span, world: World, subject: Subject) -> int:
    """Opening days of which nothing is left."""
    calendar = world.calendar
    today = calendar.day_span(calendar.day_of(gone.end))
    still_open = calendar.opening_time(Span(max(gone.end, today.start), today.end), subject.place)
    over = gone if not still_open else Span(gone.start, max(gone.start, today.start))
    return calendar.opening_days(over, subject.place) if over.start < over.end else 0


def target_period(window: Window, world: World) -> Span | None:
    """The whole month, quarter or year that a window shows: one to date, or one given by its first and last day."""
    kind = target_kind(window, world)
    return _whole(kind, window.first_day(world.calendar), world) if kind else None


def target_kind(window: Window, world: World) -> Period | None:
    """Which kind of target a window shows, if any."""
    if window.name in TO_DATE:
        return TO_DATE[window.name]
    if window.name != FROM_TO:
        return None
    first = window.first_day(world.calendar)
    return next(
        (kind for kind in Period if kind.first_day(first) == first and _whole(kind, first, world) == window.span), None
    )


def _whole(kind: Period, first: date, world: World) -> Span:
    return world.calendar.days_span(first, kind.next_first_day(first) - DAY)


def target_of(kpi: Kpi, subject: Subject, world: World) -> Number | None:
    """The objective in the value's unit; a closed period keeps the one in force when it closed."""
    if not subject.cut.has_targets:
        return None
    kind, period = target_kind(subject.window, world), target_period(subject.window, world)
    if kind is None or period is None:
        return None
    member = "all" if subject.cut is ALL else f"{subject.cut.name}:{subject.member}"
    starts_on = world.calendar.day_of(period.start)
    value = world.book.target(kpi.id, member, kind, starts_on, min(world.now, period.end))
    if value is None or kpi.unit is not Unit.MONEY:
        return value
    return to_major(int(value), world.reporting_currency)
