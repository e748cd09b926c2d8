"""What the page shows: answers of the read API made into tiles and bars."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from services.board.store import Answer, ReadApi

WINDOWS = ("today", "7d", "30d", "mtd", "qtd", "ytd")
CUTS = (
    "rep",
    "team",
    "region",
    "channel",
    "store",
    "source",
    "promotion",
    "touchpoint",
    "medium",
    "campaign",
    "kind",
    "technique",
    "pair",
    "competitor",
)
BESIDE = (
    "methods",
    "manager",
    "workload",
    "enps",
    "response_rate",
    "coverage",
    "undercuts",
    "falls",
    "rises",
    "oldest_reading",
    "others",
    "observed_gap",
    "repeat_rate",
    "score_of_contacted",
    "score_of_others",
    "success_of_answered",
    "revenue_brought",
    "attach_rate",
)
"""The related numbers that a tile shows beside its headline."""
DIFFERENCES = ("observed_gap",)
"""Those of them that are differences, shown in points with their sign."""

CAMPAIGN_DAYS = 400
"""Campaigns are followed for months, whatever window the rest of the page has."""

TREND_DAYS, MATURING_DAYS = 30, 31
"""A trend shows 30 days; those of an unfinished cohort are left out, so it is looked for over twice as many."""
MAX_BARS = 13
MOST_DEAR = 10
NOBODYS = ("unassigned", "unknown")


class View(NamedTuple):
    """What someone looks at."""

    window: str
    cut: str
    language: str


class Bar(NamedTuple):
    """A member of a cut: `share` of the longest bar, 0 to 1."""

    label: str
    value: float | None
    share: float
    pace: float | None
    grey: bool


class Tile(NamedTuple):
    """One KPI."""

    id: str
    title: str
    question: str
    formula: str
    credit: str
    unit: str
    good: str
    row: Answer
    trend: tuple[tuple[date, float | None], ...]
    bars: tuple[Bar, ...]
    has_cut: bool
    stale: bool
    as_of: datetime | None
    window: Answer
    cohort: Answer | None
    dearest: tuple[Answer, ...]
    campaigns: tuple[Answer, ...]


class Page(NamedTuple):
    """Everything on the page."""

    view: View
    tiles: tuple[Tile, ...]
    as_of: datetime | None


class BoardService:
    """Makes pages from the read API."""

    def __init__(self, api: ReadApi) -> None:
        self._api = api

    async def page(self, view: View) -> Page:
        """The page of a view.

        :raises Unavailable: when the read API does not answer.
        """
        tiles = await asyncio.gather(*(self._tile(kpi, view) for kpi in await self._api.kpis()))
        times = [tile.as_of for tile in tiles]
        as_of = min((time for time in times if time is not None), default=None)
        return Page(view, tuple(tiles), None if None in times else as_of)

    async def _tile(self, kpi: Answer, view: View) -> Tile:
        has_cut = any(cut["by"] == view.cut for cut in kpi["cuts"])
        whole, parts = await asyncio.gather(
            self._api.rows(kpi["id"], view.window, None, {"dearest": "yes"} if "dearest" in kpi["options"] else {}),
            self._api.rows(kpi["id"], view.window, view.cut) if has_cut else _nothing(),
        )
        last = date.fromisoformat(whole["window"]["to"][:10])
        can_draw = any(cut["by"] == "campaign" for cut in kpi["cuts"])
        campaigns = await self._campaigns(kpi["id"], last) if can_draw else ()
        series = await self._api.series(kpi["id"], last - timedelta(days=TREND_DAYS + MATURING_DAYS), last)
        row = whole["rows"][0]
        return Tile(
            id=kpi["id"],
            title=kpi["title"][view.language],
            question=kpi["question"][view.language],
            formula=kpi["formula"][view.language],
            credit=kpi["credit"][view.language],
            unit=whole["unit"],
            good=kpi["good"],
            row=row,
            trend=_trend(series),
            bars=_bars(parts["rows"]),
            has_cut=has_cut,
            stale="stale" in row["flags"],
            as_of=datetime.fromisoformat(whole["as_of"]) if whole["as_of"] else None,
            window=whole["window"],
            cohort=whole["spans"].get("cohort"),
            dearest=_dearest(row),
            campaigns=campaigns,
        )

    async def _campaigns(self, kpi: str, last: date) -> tuple[Answer, ...]:
        """Those that drew by lot."""
        followed = await self._api.rows_of_days(kpi, last - timedelta(days=CAMPAIGN_DAYS - 1), last, "campaign")
        return tuple(row for row in followed["rows"] if "uplift" in row["related"])


async def _nothing() -> Answer:
    return {"rows": []}


def _dearest(row: Answer) -> tuple[Answer, ...]:
    """The products that are dearest against the competitors', where the KPI tells them."""
    related = row["related"].get("dearest")
    return tuple(related["details"]["products"][:MOST_DEAR]) if related else ()


def _trend(series: Answer) -> tuple[tuple[date, float | None], ...]:
    points: Sequence[Any] = series["rows"][0]["points"] if series["rows"] else ()
    mature = [point for point in points if "immature" not in point["flags"]][-TREND_DAYS:]
    return tuple((date.fromisoformat(point["at"]), point["value"]) for point in mature)


def _bars(rows: Sequence[Answer]) -> tuple[Bar, ...]:
    """The greatest members, those with a pace by their pace: a leaderboard is about the objective.

    Those that rest on few are not ranked and follow by name. What is nobody's comes last and has
    no bar: it is no rival.
    """
    nobodys = [row for row in rows if row["label"] in NOBODYS]
    own = [row for row in rows if row["label"] not in NOBODYS]
    key = "pace" if any(row["pace"] is not None for row in own) else "value"

    def rank(row: Answer) -> tuple[bool, float, str]:
        small = "small_n" in row["flags"]
        return small, 0 if small or row[key] is None else -row[key], row["label"]

    own.sort(key=rank)
    longest = max((abs(row["value"]) for row in own if row["value"] is not None), default=0) or 1
    return tuple(_bar(row, longest) for row in [*own[: MAX_BARS - len(nobodys)], *nobodys])


def _bar(row: Answer, longest: float) -> Bar:
    is_nobodys = row["label"] in NOBODYS
    share = 0.0 if is_nobodys else min(1.0, max(0.0, (row["value"] or 0) / longest))
    grey = "small_n" in row["flags"] or is_nobodys
    return Bar(row["label"], row["value"], share, row["pace"], grey)
