"""The wall screen: all KPIs together, then each one large, in turns. See static/wall.js."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from services.board.numbers import age
from services.board.reader import Reader
from services.board.rendering import Page
from services.board.tiles import read_tile
from services.board.told import Answer
from services.board.window_names import WINDOWS, window_of

USUAL_SECONDS, LEAST_SECONDS, MOST_SECONDS = 15, 5, 600
MOST_BARS = 6
OF_ONE_PERSON = ("rep", "owner")
"""Cuts that a screen which everybody passes does not show: nobody is put up on a wall."""


class Asked(NamedTuple):
    """Over which window, and for how many seconds each turn is shown."""

    window: str
    seconds: int


class WallPage(Page):
    """See `rendering.Page`."""

    template = "wall.html"
    layout = "wall_layout.html"

    def asked(self, path: Mapping[str, str], query: Mapping[str, str]) -> Asked:
        return Asked(window_of(query.get("window", ""), WINDOWS), _seconds(query.get("seconds", "")))

    async def values(self, asked: Asked, reader: Reader, language: str) -> Mapping[str, object]:
        kpis = await reader.kpis()
        tiles = await asyncio.gather(*(read_tile(kpi, asked.window, _cut(kpi), reader, language) for kpi in kpis))
        return {"tiles": tiles, **age(tiles), "most_bars": MOST_BARS}


def _seconds(asked: str) -> int:
    if not asked.isdecimal() or len(asked) > len(str(MOST_SECONDS)):
        return USUAL_SECONDS
    return min(MOST_SECONDS, max(LEAST_SECONDS, int(asked)))


def _cut(kpi: Answer) -> str | None:
    """The first cut of a KPI that is not of single people."""
    return next((cut["by"] for cut in kpi["cuts"] if cut["by"] not in OF_ONE_PERSON), None)
