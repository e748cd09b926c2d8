"""The director's page: every KPI a tile, and below them a cut of those that have it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from services.board.reader import Reader, days
from services.board.store import Answer

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


class Asked(NamedTuple):
    """Over which window, and by which cut."""

    window: str
    cut: str


NOTHING: Answer = {
    "value": None,
    "n": None,
    "measures": {},
    "interval": None,
    "compared": None,
    "target": None,
    "pace": None,
    "attainment": None,
    "gap": None,
    "flags": [],
    "related": {},
}
"""The row of somebody of whom there is nothing to say."""


class Bar(NamedTuple):
    """A member of a cut: `share` of the longest bar, 0 to 1."""

    label: str
    value: float | None
    share: float
    pace: float | None
    grey: bool


class Tile(NamedTuple):
    """One KPI. `total`: what everybody has together, where `row` is somebody's own."""

    id: str
    title: str
    question: str
    formula: str
    credit: str
    unit: str
    good: str
    row: Answer
    total: Answer | None
    trend: tuple[tuple[date, float | None], ...]
    bars: tuple[Bar, ...]
    has_cut: bool
    stale: bool
    as_of: datetime | None
    window: Answer
    cohort: Answer | None
    dearest: tuple[Answer, ...]
    campaigns: tuple[Answer, ...]


class DirectionPage:
    """See `rendering.Page`."""

    template = "direction.html"

    def asked(self, path: Mapping[str, str], query: Mapping[str, str]) -> Asked:
        window, cut = query.get("window", ""), query.get("by", "")
        return Asked(window if window in WINDOWS else "mtd", cut if cut in CUTS else "rep")

    async def values(self, asked: Asked, reader: Reader, language: str) -> Mapping[str, object]:
        kpis = await reader.kpis()
        tiles = await asyncio.gather(*(_tile(kpi, asked, reader, language) for kpi in kpis))
        times = [tile.as_of for tile in tiles]
        known = [time for time in times if time is not None]
        offered = {cut["by"] for kpi in kpis for cut in kpi["cuts"]}
        return {
            "tiles": tiles,
            "as_of": min(known) if known and len(known) == len(times) else None,
            "windows": WINDOWS,
            "cuts": [cut for cut in CUTS if cut in offered],
            "beside": BESIDE,
            "differences": DIFFERENCES,
        }


async def _tile(kpi: Answer, asked: Asked, reader: Reader, language: str) -> Tile:
    over = {"window": asked.window}
    own = reader.access.own_cut(kpi)
    has_cut = any(cut["by"] == asked.cut for cut in kpi["cuts"])
    options = {"dearest": "yes"} if "dearest" in kpi["options"] else {}
    whole, mine, parts = await asyncio.gather(
        reader.rows(kpi["id"], over, options=options),
        reader.rows(kpi["id"], over, own) if own else _nothing(),
        reader.rows(kpi["id"], over, asked.cut) if has_cut else _nothing(),
    )
    last = date.fromisoformat(whole["window"]["to"][:10])
    can_draw = any(cut["by"] == "campaign" for cut in kpi["cuts"])
    campaigns = await _campaigns(kpi["id"], last, reader) if can_draw else ()
    series = await reader.series(kpi["id"], last - timedelta(days=TREND_DAYS + MATURING_DAYS), last, own)
    total = whole["rows"][0]
    row = (mine["rows"] or [NOTHING])[0] if own else total
    return Tile(
        id=kpi["id"],
        title=kpi["title"][language],
        question=kpi["question"][language],
        formula=kpi["formula"][language],
        credit=kpi["credit"][language],
        unit=whole["unit"],
        good=kpi["good"],
        row=row,
        total=total if own else None,
        trend=_trend(series),
        bars=_bars(parts["rows"]),
        has_cut=has_cut,
        stale="stale" in total["flags"],
        as_of=datetime.fromisoformat(whole["as_of"]) if whole["as_of"] else None,
        window=whole["window"],
        cohort=whole["spans"].get("cohort"),
        dearest=_dearest(total),
        campaigns=campaigns,
    )


async def _campaigns(kpi: str, last: date, reader: Reader) -> tuple[Answer, ...]:
    """Those that drew by lot."""
    followed = await reader.rows(kpi, days(last - timedelta(days=CAMPAIGN_DAYS - 1), last), "campaign")
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
