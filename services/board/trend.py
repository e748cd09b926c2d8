"""How a KPI went, by the day or the month, beside the period before and the target. Pure."""

import calendar
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import dropwhile
from typing import Any, NamedTuple

from services.board.told import Answer
from services.board.units import RATES
from services.common.windows import Period


class Reach(NamedTuple):
    """How far back a trend goes: so many steps, found among more: those of an unfinished cohort are left out."""

    step: str
    shown: int
    looked_for: int


REACHES: Mapping[str, Reach] = {"30d": Reach("day", 30, 91), "12m": Reach("month", 12, 24)}
USUAL_TREND = "30d"


class Point(NamedTuple):
    """A day or month by its first day. `before`: the value one whole trend earlier; `is_open`: it is not over."""

    at: date
    value: float | None
    before: float | None
    n: float | None
    low: float | None
    high: float | None
    flags: Sequence[str]
    is_open: bool


class Trend(NamedTuple):
    """The points of a trend. `rolling`: how many days one covers; `left_out`: how many last ones are not mature.

    `target`: for each step of the running month, where it is to be drawn; `spread`: it is the month's, spread over its
    days.
    """

    step: str
    rolling: int
    points: tuple[Point, ...]
    left_out: int
    target: float | None
    spread: bool

    @property
    def known(self) -> list[Point]:
        return [point for point in self.points if point.value is not None]

    @property
    def has_before(self) -> bool:
        """Was there anything one trend earlier?"""
        return any(point.before for point in self.points)


def today_of(window: Answer) -> date:
    """The business day that it is: with it ends a window of days that has a name."""
    return date.fromisoformat(window["to"])


def first_of(reach: Reach, today: date) -> date:
    """The first day of all that is looked for."""
    if reach.step == "day":
        return today - timedelta(days=reach.looked_for - 1)
    first = Period.MONTH.first_day(today)
    for _ in range(reach.looked_for - 1):
        first = Period.MONTH.previous_first_day(first)
    return first


def trend_of(series: Answer, reach: Reach, today: date, month_target: float | None = None) -> Trend:
    """The last points that are mature; a sum's target is spread evenly over the days of the calendar."""
    points: Sequence[Any] = series["rows"][0]["points"] if series["rows"] else ()
    begun = list(dropwhile(_is_empty, points))
    mature = [point for point in begun if "immature" not in point["flags"]]
    shown, earlier = mature[-reach.shown :], mature[: -reach.shown][-reach.shown :]
    before = [None] * (len(shown) - len(earlier)) + [point["value"] for point in earlier]
    spread = month_target is not None and reach.step == "day" and series["unit"] not in RATES
    days = calendar.monthrange(today.year, today.month)[1] if spread else 1
    return Trend(
        step=reach.step,
        rolling=series["rolling"],
        points=tuple(_point(point, was, reach.step, today) for point, was in zip(shown, before, strict=True)),
        left_out=len(begun) - len(mature),
        target=None if month_target is None else month_target / days,
        spread=spread,
    )


def _is_empty(point: Answer) -> bool:
    """Was nothing counted? Before the first events came in there was nothing, rather than 0."""
    return not point["value"] and not point["n"]


def _point(point: Answer, before: float | None, step: str, today: date) -> Point:
    at = date.fromisoformat(point["at"])
    interval = point["interval"] or {}
    is_open = at == today if step == "day" else Period.MONTH.first_day(today) <= at
    ends = interval.get("low"), interval.get("high")
    return Point(at, point["value"], before, point["n"], *ends, point["flags"], is_open)
