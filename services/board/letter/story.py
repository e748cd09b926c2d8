"""What the letter tells of a week, as data. Pure."""

import calendar
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from services.board.letter.judging import Judgement, Verdict
from services.board.letter.weeks import Week
from services.board.told import Answer

SALES = "sales"
"""The KPI whose days and channels are drawn."""


class Month(NamedTuple):
    """Where a KPI stands against the target of the month in which the week ends."""

    first: date
    value: float | None
    target: float
    attainment: float | None
    pace: float | None
    gap: float | None

    @property
    def target_by_day(self) -> float:
        """The target spread evenly over the days of the calendar."""
        return self.target / calendar.monthrange(self.first.year, self.first.month)[1]


class KpiWeek(NamedTuple):
    """One KPI in the week. `cohort`: the days that the value is of, where they are not the week's."""

    id: str
    title: Mapping[str, str]
    unit: str
    good: str
    row: Answer
    as_of: datetime | None
    cohort: Week | None
    judgement: Judgement
    month: Month | None

    @property
    def compared(self) -> tuple[float | None, float | None]:
        """The value and the previous one, the only two that are ever compared."""
        compared = self.row["compared"]
        return (compared["value"], compared["previous"]) if compared else (None, None)

    @property
    def goes_well(self) -> bool:
        """Does it move the way that is good?"""
        return (self.judgement.strength > 0) == (self.good == "up")


class Day(NamedTuple):
    """A day of the week, and the same weekday of the week before."""

    day: date
    value: float | None
    before: float | None


class Channel(NamedTuple):
    """A channel in the week, and in the week before."""

    name: str
    value: float | None
    before: float | None


class Story(NamedTuple):
    """A week. `as_of`: everything that happened before is in it; none when that is not known of every KPI."""

    week: Week
    kpis: Sequence[KpiWeek]
    days: Sequence[Day]
    channels: Sequence[Channel]
    as_of: datetime | None

    @property
    def moved(self) -> list[KpiWeek]:
        """What is news, the strongest first."""
        news = [kpi for kpi in self.kpis if kpi.judgement.verdict is Verdict.MOVED]
        return sorted(news, key=lambda kpi: -abs(kpi.judgement.strength))

    @property
    def steady(self) -> list[KpiWeek]:
        return [kpi for kpi in self.kpis if kpi.judgement.verdict is Verdict.STEADY]

    @property
    def open(self) -> list[KpiWeek]:
        """What is not known, or cannot be judged."""
        return [kpi for kpi in self.kpis if kpi.judgement.verdict not in (Verdict.MOVED, Verdict.STEADY)]

    @property
    def is_whole(self) -> bool:
        """Has all of the week come in?"""
        return all(kpi.judgement.verdict is not Verdict.PART for kpi in self.kpis)

    @property
    def sales(self) -> KpiWeek:
        return next(kpi for kpi in self.kpis if kpi.id == SALES)


def month_of(row: Answer, first: date) -> Month | None:
    """How a month's row stands against its target; nothing where there is none."""
    if row["target"] is None:
        return None
    return Month(first, row["value"], row["target"], row["attainment"], row["pace"], row["gap"])
