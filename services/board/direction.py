"""The director's page: every KPI a tile, and below them a cut of those that have it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import msgspec

from services.board.numbers import SHOWN, Number, age, read_number
from services.board.ranking import Ranked, ranked
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
CAMPAIGN_DAYS = 400
"""Campaigns are followed for months, whatever window the rest of the page has."""

TREND_DAYS, MATURING_DAYS = 30, 31
"""A trend shows 30 days; those of an unfinished cohort are left out, so it is looked for over twice as many."""
MAX_BARS = 13
MOST_DEAR = 10


class Asked(NamedTuple):
    """Over which window, and by which cut."""

    window: str
    cut: str


class Tile(Number, frozen=True):
    """One KPI: its number, with its trend and the members of the cut."""

    trend: tuple[tuple[date, float | None], ...]
    bars: tuple[Ranked, ...]
    has_cut: bool
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
        offered = {cut["by"] for kpi in kpis for cut in kpi["cuts"]}
        return {
            "tiles": tiles,
            **age(tiles),
            **SHOWN,
            "windows": WINDOWS,
            "cuts": [cut for cut in CUTS if cut in offered],
        }


async def _tile(kpi: Answer, asked: Asked, reader: Reader, language: str) -> Tile:
    over = {"window": asked.window}
    has_cut = any(cut["by"] == asked.cut for cut in kpi["cuts"])
    options = {"dearest": "yes"} if "dearest" in kpi["options"] else {}
    number, parts = await asyncio.gather(
        read_number(kpi, over, reader, language, options),
        reader.rows(kpi["id"], over, asked.cut) if has_cut else _nothing(),
    )
    last = date.fromisoformat(number.window["to"][:10])
    can_draw = any(cut["by"] == "campaign" for cut in kpi["cuts"])
    campaigns = await _campaigns(kpi["id"], last, reader) if can_draw else ()
    first = last - timedelta(days=TREND_DAYS + MATURING_DAYS)
    series = await reader.series(kpi["id"], first, last, reader.access.own_cut(kpi))
    return Tile(
        **msgspec.structs.asdict(number),
        trend=_trend(series),
        bars=_bars(parts["rows"], number.base),
        has_cut=has_cut,
        dearest=_dearest(number.total or number.row),
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


def _bars(rows: Sequence[Answer], base: float) -> tuple[Ranked, ...]:
    """As many as there is room for; what is nobody's is always among them."""
    members = ranked(rows, base)
    nobodys = [each for each in members if each.is_nobodys]
    return (*[each for each in members if not each.is_nobodys][: MAX_BARS - len(nobodys)], *nobodys)
