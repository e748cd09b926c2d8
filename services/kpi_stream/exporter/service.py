"""Answers to readers: rows and series."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

import msgspec

from services.common.calendar import DAY, BusinessCalendar
from services.common.errors import Malformed
from services.common.windows import Period, days_window
from services.kpi_stream.exporter.answers import (
    DaysAnswer,
    Point,
    RowsAnswer,
    SeriesAnswer,
    SeriesRow,
    unit_name,
    window_answer,
)
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.observatory import Observatory
from services.kpi_stream.exporter.queries import Query, find_rolling
from services.kpi_stream.kpis.kpi import Flag, Kpi, Subject
from services.kpi_stream.kpis.parts import read_parts
from services.kpi_stream.kpis.requests import Asking, together
from services.kpi_stream.rows import Row, row_with_related, subjects

MAX_POINTS, MOST_VALUES = 1000, 50_000
STEPS = ("day", "month")


class KpiService:
    """Reads KPIs at a moment."""

    def __init__(self, observatory: Observatory, kpis: Mapping[str, Kpi], stale_after: float) -> None:
        self.observatory = observatory
        self.kpis = kpis
        self._stale_after = timedelta(seconds=stale_after)

    async def rows(self, query: Query, moment: Moment) -> RowsAnswer:
        """A row for every member of the cut."""
        found = await self.observatory.read(rows(query, moment), moment)
        as_of = moment.freshness.as_of(query.kpi.feeds)
        if self.is_stale(as_of, moment):
            found = [msgspec.structs.replace(each, flags=[*each.flags, Flag.STALE]) for each in found]
        return RowsAnswer(
            kpi=query.kpi.id,
            unit=unit_name(query.kpi, moment.world.reporting_currency),
            as_of=as_of,
            window=window_answer(query.window, moment.world.calendar),
            rows=found,
            spans=_spans_beside(query, moment),
        )

    def is_stale(self, as_of: datetime | None, moment: Moment) -> bool:
        """Is what is shown older than it should be?"""
        return as_of is None or moment.world.now - as_of > self._stale_after

    async def series(self, query: Query, step: str, rolling: int | None, moment: Moment) -> SeriesAnswer:
        """A point a day or month, for every member of the cut; `rolling` days up to its own make a point of a day.

        :raises Malformed: when the step is unknown, the points or members are too many, or the KPI has no such rolling
            days.
        """
        if step not in STEPS:
            raise Malformed(f"no step is called {step!r}", field="step", mend=f"send one of {', '.join(STEPS)}")
        rolling = find_rolling(query.kpi, step, rolling)
        days = _steps(query, step, rolling, moment.world.calendar)
        if len(days) > MAX_POINTS:
            raise Malformed(f"{len(days)} points are too many", field="step", mend="send step=month, or fewer days")
        found = await self.observatory.read(_series(query, days, moment), moment)
        return SeriesAnswer(
            kpi=query.kpi.id,
            unit=unit_name(query.kpi, moment.world.reporting_currency),
            as_of=moment.freshness.as_of(query.kpi.feeds),
            step=step,
            rolling=rolling,
            rows=found,
        )


def _spans_beside(query: Query, moment: Moment) -> dict[str, DaysAnswer]:
    calendar = moment.world.calendar
    spans = query.kpi.spans(query.window, moment.world)
    return {
        name: DaysAnswer(calendar.day_of(span.start), calendar.day_of(span.end - timedelta(microseconds=1)))
        for name, span in spans.items()
        if name != "window"
    }


def rows(query: Query, moment: Moment) -> Asking[list[Row]]:
    """The rows of a query; members that have nothing to say are left out."""
    kpi, cut, window, options = query
    members = yield from subjects(kpi, cut, window, moment.world, options)
    found = yield from together([row_with_related(kpi, subject, moment.world) for subject in members])
    return [each for each in found if each is not None]


class Step(NamedTuple):
    """A point of a series: the day that names it, and the days that it covers."""

    at: date
    first: date
    last: date


def _steps(query: Query, step: str, rolling: int, calendar: BusinessCalendar) -> list[Step]:
    """Every step of the window; months are cut to it, rolling days reach back before it."""
    first, last = query.window.first_day(calendar), query.window.last_day(calendar)
    steps = []
    while first <= last:
        end = first if step == "day" else Period.MONTH.next_first_day(first) - DAY
        steps.append(Step(first, first - (rolling - 1) * DAY, min(end, last)))
        first = end + DAY
    return steps


def _series(query: Query, steps: Sequence[Step], moment: Moment) -> Asking[list[SeriesRow]]:
    kpi, cut, window, options = query
    members = yield from subjects(kpi, cut, window, moment.world, options)
    if len(members) * len(steps) > MOST_VALUES:
        said = f"{len(members)} members with {len(steps)} points each are too many"
        raise Malformed(said, field="step", mend="send step=month, fewer days, or another cut")
    return (yield from together([_series_row(kpi, subject, steps, moment) for subject in members]))


def _series_row(kpi: Kpi, subject: Subject, steps: Sequence[Step], moment: Moment) -> Asking[SeriesRow]:
    points = yield from together([_point(kpi, subject, step, moment) for step in steps])
    return SeriesRow(subject.cut.by(subject.member), points)


def _point(kpi: Kpi, subject: Subject, step: Step, moment: Moment) -> Asking[Point]:
    own = msgspec.structs.replace(subject, window=days_window(step.first, step.last, moment.world.calendar))
    (parts,) = yield from read_parts(kpi, own, [kpi.spans(own.window, moment.world)], moment.world)
    estimate = kpi.estimate(parts, own, moment.world)
    flags = [*estimate.flags, *([Flag.RATE_MISSING] if any(t.rate_missing for t in parts.values()) else [])]
    n = estimate.n if estimate.events is None else estimate.events
    return Point(step.at, estimate.value, n, estimate.measures, estimate.interval, flags)
