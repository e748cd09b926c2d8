"""The director's page: every KPI a tile, and below them a cut of those that have it."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from services.board.numbers import SHOWN, age
from services.board.reader import Reader
from services.board.rendering import Page
from services.board.tiles import read_tile
from services.board.window_names import WINDOWS, window_of

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


class Asked(NamedTuple):
    """Over which window, and by which cut."""

    window: str
    cut: str


class DirectionPage(Page):
    """See `rendering.Page`."""

    template = "direction.html"

    def asked(self, path: Mapping[str, str], query: Mapping[str, str]) -> Asked:
        cut = query.get("by", "")
        return Asked(window_of(query.get("window", ""), WINDOWS), cut if cut in CUTS else "rep")

    async def values(self, asked: Asked, reader: Reader, language: str) -> Mapping[str, object]:
        kpis = await reader.kpis()
        tiles = await asyncio.gather(*(read_tile(kpi, asked.window, asked.cut, reader, language) for kpi in kpis))
        offered = {cut["by"] for kpi in kpis for cut in kpi["cuts"]}
        return {
            "tiles": tiles,
            **age(tiles),
            **SHOWN,
            "windows": WINDOWS,
            "cuts": [cut for cut in CUTS if cut in offered],
        }
