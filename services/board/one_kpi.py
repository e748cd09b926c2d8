"""One KPI whole: its number, its trend, and every member of a cut."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from services.board.numbers import SHOWN, age, read_number
from services.board.plots import plot
from services.board.ranking import Ranked, ranked
from services.board.reader import Reader
from services.board.rendering import Page
from services.board.told import Answer
from services.board.trend import REACHES, USUAL_TREND
from services.board.trend_reading import read_trend
from services.board.units import base_of
from services.board.window_names import window_of

MOST_MEMBERS = 100
WIDE, NARROW = (820, 250), (380, 230)
"""Two sizes of the trend, for screens and for phones: words stay as large as they are elsewhere on the page."""


class Asked(NamedTuple):
    """Which KPI, over which window, by which cut, and how far back."""

    kpi: str
    window: str
    cut: str
    trend: str


class Columns(NamedTuple):
    """Which columns a table of members has: those that any row fills."""

    n: bool
    interval: bool
    target: bool
    pace: bool
    gap: bool
    compared: bool
    flags: bool


class OneKpiPage(Page):
    """See `rendering.Page`."""

    template = "one_kpi.html"

    def asked(self, path: Mapping[str, str], query: Mapping[str, str]) -> Asked:
        trend = query.get("trend", "")
        trend = trend if trend in REACHES else USUAL_TREND
        return Asked(path["kpi"], query.get("window", ""), query.get("by", ""), trend)

    async def values(self, asked: Asked, reader: Reader, language: str) -> Mapping[str, object]:
        kpi = await reader.kpi(asked.kpi)
        window, cut = window_of(asked.window, kpi["windows"]), _cut(kpi, asked.cut)
        number, trend, members = await asyncio.gather(
            read_number(kpi, {"window": window}, reader, language),
            read_trend(kpi, REACHES[asked.trend], reader),
            _members(kpi, window, cut, reader),
        )
        return {
            "number": number,
            "window": window,
            "windows": kpi["windows"],
            "cut": cut,
            "cuts": [each["by"] for each in kpi["cuts"]],
            "trend": trend,
            "trends": list(REACHES),
            "plots": [plot(trend, number.base, *size) for size in (WIDE, NARROW)],
            "members": members[:MOST_MEMBERS],
            "count": len(members),
            "columns": columns(members),
            "own": reader.access.own_cut(kpi),
            **age([number]),
            **SHOWN,
        }


def _cut(kpi: Answer, cut: str) -> str | None:
    """The cut that is asked for, or the first; none where the KPI has no cut that may be seen."""
    cuts = [each["by"] for each in kpi["cuts"]]
    return cut if cut in cuts else next(iter(cuts), None)


async def _members(kpi: Answer, window: str, cut: str | None, reader: Reader) -> list[Ranked]:
    if cut is None:
        return []
    answer = await reader.rows(kpi["id"], {"window": window}, cut)
    return ranked(answer["rows"], base_of(answer["unit"]))


def columns(members: list[Ranked]) -> Columns:
    rows = [member.row for member in members]
    return Columns(
        n=any(row["n"] is not None for row in rows),
        interval=any(row["interval"] for row in rows),
        target=any(row["target"] is not None for row in rows),
        pace=any(row["pace"] is not None for row in rows),
        gap=any(row["gap"] is not None for row in rows),
        compared=any(row["compared"] for row in rows),
        flags=any(set(row["flags"]) - {"stale"} for row in rows),
    )
