"""Past days as Prometheus is told them: what stood at the close of each, and for how long that holds. Pure."""

from collections.abc import Iterable
from datetime import date, datetime
from math import ceil
from typing import NamedTuple

from services.common.calendar import DAY, BusinessCalendar
from services.common.windows import DAY_WINDOWS, named_window
from services.kpi_stream.exporter.metrics import exported, metric_name
from services.kpi_stream.exporter.of_the_moment import PROMOTION_ACTIVE
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.exporter.readings import END_HELP
from services.kpi_stream.kpis.kpi import Kpi

STEP = 300
"""Seconds between samples: Prometheus looks back as far for a value, so that a curve has no holes at any zoom."""

SUFFIXES = ("", "_target", *END_HELP)
"""What is told of a past day. What is compared, or set against opening time, moves within a day."""


class Close(NamedTuple):
    """The close of a past day; its numbers hold from there to the next close, or to the first sample of a scrape."""

    day: date
    start: datetime
    end: datetime

    def times(self) -> range:
        """When samples are told, in seconds since 1970; the first at the close itself, none at the end."""
        return range(ceil(self.start.timestamp()), ceil(self.end.timestamp()), STEP)


def closes(days: int, today: date, scraped_since: datetime, calendar: BusinessCalendar) -> list[Close]:
    """Of so many days up to yesterday, those that closed before Prometheus began to scrape."""
    found = []
    for back in range(days, 0, -1):
        day = today - DAY * back
        start, end = calendar.midnight(day + DAY), calendar.midnight(day + DAY * 2)
        if start < scraped_since:
            found.append(Close(day, start, min(end, scraped_since)))
    return found


def queries_of(kpi: Kpi, day: date, calendar: BusinessCalendar) -> list[Query]:
    """What Prometheus gets of a KPI on a past day: the windows made of whole days, as they ended on it."""
    midnight = calendar.midnight(day)
    return [
        Query(kpi, cut, named_window(window, midnight, calendar), {})
        for cut, window in exported(kpi)
        if window in DAY_WINDOWS
    ]


def past_names(kpis: Iterable[Kpi], currency: str) -> frozenset[str]:
    """The names of metrics that are told of past days."""
    of_kpis = (
        metric_name(metric, cut, currency, suffix)
        for kpi in kpis
        for cut in kpi.cuts
        for metric in kpi.metrics
        for suffix in SUFFIXES
    )
    return frozenset({PROMOTION_ACTIVE, *of_kpis})
