"""A KPI as a tile: its number, its trend, and the members of a cut."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from services.board.numbers import Number, read_number
from services.board.ranking import Ranked, ranked
from services.board.reader import Reader, days
from services.board.told import Answer
from services.board.trend import REACHES, USUAL_TREND, Trend, today_of, trend_of
from services.board.trend_reading import read_series

REACH = REACHES[USUAL_TREND]

CAMPAIGN_DAYS = 400
"""Campaigns are followed for months, whatever window the rest of the page has."""

MAX_BARS = 13
MOST_DEAR = 10


class Tile(Number, frozen=True):
    """One KPI: its number, with its trend and its members by a cut, where it has it."""

    trend: Trend
    cut: str | None
    bars: tuple[Ranked, ...]
    dearest: tuple[Answer, ...]
    campaigns: tuple[Answer, ...]


async def read_tile(kpi: Answer, window: str, cut: str | None, reader: Reader, language: str) -> Tile:
    """A KPI over a window, cut where it has that cut. Raises what `Reader` does."""
    over = {"window": window}
    cut = cut if any(each["by"] == cut for each in kpi["cuts"]) else None
    options = {"dearest": "yes"} if "dearest" in kpi["options"] else {}
    number, parts = await asyncio.gather(
        read_number(kpi, over, reader, language, options),
        reader.rows(kpi["id"], over, cut) if cut else _nothing(),
    )
    can_draw = any(each["by"] == "campaign" for each in kpi["cuts"])
    today = today_of(number.window)
    series = await read_series(number.id, REACH, today, reader.access.own_cut(kpi), reader)
    return Tile(
        **msgspec.structs.asdict(number),
        trend=trend_of(series, REACH, today),
        cut=cut,
        bars=_bars(parts["rows"], number.base),
        dearest=_dearest(number.total or number.row),
        campaigns=await _campaigns(number, reader) if can_draw else (),
    )


async def _campaigns(number: Number, reader: Reader) -> tuple[Answer, ...]:
    """Those that drew by lot."""
    last = today_of(number.window)
    followed = await reader.rows(number.id, days(last - timedelta(days=CAMPAIGN_DAYS - 1), last), "campaign")
    return tuple(row for row in followed["rows"] if "uplift" in row["related"])


async def _nothing() -> Answer:
    return {"rows": []}


def _dearest(row: Answer) -> tuple[Answer, ...]:
    """The products that are dearest against the competitors', where the KPI tells them."""
    related = row["related"].get("dearest")
    return tuple(related["details"]["products"][:MOST_DEAR]) if related else ()


def _bars(rows: Sequence[Answer], base: float) -> tuple[Ranked, ...]:
    """As many as there is room for; what is nobody's is always among them."""
    members = ranked(rows, base)
    nobodys = [each for each in members if each.is_nobodys]
    return (*[each for each in members if not each.is_nobodys][: MAX_BARS - len(nobodys)], *nobodys)
