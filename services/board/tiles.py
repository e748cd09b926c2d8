"""A KPI as a tile: its number, what it rests on, its trend, and a cut of it."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from services.board.ranking import NOBODYS, is_small, ranking
from services.board.reader import Reader, days
from services.board.store import Answer

WINDOWS = ("today", "7d", "30d", "mtd", "qtd", "ytd")
USUAL_WINDOW = "mtd"

CAMPAIGN_DAYS = 400
"""Campaigns are followed for months, whatever window the rest of the page has."""

TREND_DAYS, MATURING_DAYS = 30, 31
"""A trend shows 30 days; those of an unfinished cohort are left out, so it is looked for over twice as many."""
MAX_BARS = 13
MOST_DEAR = 10

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

Trend = tuple[tuple[date, float | None], ...]


class Bar(NamedTuple):
    """A member of a cut: `share` of the longest bar, 0 to 1."""

    label: str
    value: float | None
    share: float
    pace: float | None
    grey: bool


class Tile(NamedTuple):
    """One KPI. `total`: what everybody has together, where `row` is somebody's own. `cut`: what the bars are by."""

    id: str
    title: str
    question: str
    formula: str
    credit: str
    unit: str
    good: str
    row: Answer
    total: Answer | None
    trend: Trend
    cut: str | None
    bars: tuple[Bar, ...]
    stale: bool
    as_of: datetime | None
    window: Answer
    cohort: Answer | None
    dearest: tuple[Answer, ...]
    campaigns: tuple[Answer, ...]


def window_of(asked: str | None) -> str:
    """A window that was asked for; the usual one where there is none such."""
    return asked if asked in WINDOWS else USUAL_WINDOW


async def read_tile(kpi: Answer, window: str, cut: str | None, reader: Reader, language: str) -> Tile:
    """A KPI over a window, cut where it has that cut. Raises what `Reader` does."""
    over = {"window": window}
    own = reader.access.own_cut(kpi)
    cut = cut if any(each["by"] == cut for each in kpi["cuts"]) else None
    options = {"dearest": "yes"} if "dearest" in kpi["options"] else {}
    whole, mine, parts = await asyncio.gather(
        reader.rows(kpi["id"], over, options=options),
        reader.rows(kpi["id"], over, own) if own else _nothing(),
        reader.rows(kpi["id"], over, cut) if cut else _nothing(),
    )
    last = last_day(whole)
    can_draw = any(each["by"] == "campaign" for each in kpi["cuts"])
    campaigns = await _campaigns(kpi["id"], last, reader) if can_draw else ()
    series = await read_series(kpi["id"], last, reader, own)
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
        trend=trend(series["rows"][0]["points"]) if series["rows"] else (),
        cut=cut,
        bars=_bars(parts["rows"]),
        stale="stale" in total["flags"],
        as_of=as_of(whole),
        window=whole["window"],
        cohort=whole["spans"].get("cohort"),
        dearest=_dearest(total),
        campaigns=campaigns,
    )


def as_of(answer: Answer) -> datetime | None:
    """How old an answer is, where it is known."""
    return datetime.fromisoformat(answer["as_of"]) if answer["as_of"] else None


def oldest(times: Sequence[datetime | None]) -> datetime | None:
    """How old is what holds them all; not known when it is not of one."""
    known = [time for time in times if time is not None]
    return min(known) if known and len(known) == len(times) else None


def last_day(answer: Answer) -> date:
    """The last day of an answer's window."""
    return date.fromisoformat(answer["window"]["to"][:10])


async def read_series(kpi_id: str, last: date, reader: Reader, by: str | None) -> Answer:
    """The days that a trend is made of."""
    return await reader.series(kpi_id, last - timedelta(days=TREND_DAYS + MATURING_DAYS), last, by)


def trend(points: Sequence[Any]) -> Trend:
    """The last days that are mature, and their values."""
    mature = [point for point in points if "immature" not in point["flags"]][-TREND_DAYS:]
    return tuple((date.fromisoformat(point["at"]), point["value"]) for point in mature)


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


def _bars(rows: Sequence[Answer]) -> tuple[Bar, ...]:
    """The first members in order; what is nobody's comes last and has no bar."""
    nobodys = [row for row in rows if row["label"] in NOBODYS]
    own = ranking(rows)
    longest = max((abs(row["value"]) for row in own if row["value"] is not None), default=0) or 1
    return tuple(_bar(row, longest) for row in [*own[: MAX_BARS - len(nobodys)], *nobodys])


def _bar(row: Answer, longest: float) -> Bar:
    is_nobodys = row["label"] in NOBODYS
    share = 0.0 if is_nobodys else min(1.0, max(0.0, (row["value"] or 0) / longest))
    return Bar(row["label"], row["value"], share, row["pace"], is_small(row) or is_nobodys)
