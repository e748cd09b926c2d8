"""The director's page: every KPI a tile, and below them a cut of those that have it."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from services.board.numbers import SHOWN, age
from services.board.reader import Reader
from services.board.rendering import Page
from services.board.tiles import read_tile
from services.board.told import Answer
from services.board.window_names import WINDOWS, window_of

USUAL_CUT = "rep"
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
"""The order in which cuts are offered; those that it does not name come after them."""


class Asked(NamedTuple):
    """Over which window, and by which cut."""

    window: str
    cut: str


class DirectionPage(Page):
    """See `rendering.Page`."""

    template = "direction.html"

    def asked(self, path: Mapping[str, str], query: Mapping[str, str]) -> Asked:
        return Asked(window_of(query.get("window", ""), WINDOWS), query.get("by", ""))

    async def values(self, asked: Asked, reader: Reader, language: str) -> Mapping[str, object]:
        kpis = await reader.kpis()
        cuts = offered(kpis)
        cut = asked.cut if asked.cut in cuts else USUAL_CUT
        tiles = await asyncio.gather(*(read_tile(kpi, asked.window, cut, reader, language) for kpi in kpis))
        return {
            "tiles": tiles,
            **age(tiles),
            **SHOWN,
            "windows": WINDOWS,
            "cut": cut,
            "cuts": cuts,
        }


def offered(kpis: Iterable[Answer]) -> list[str]:
    """Every cut that one of these KPIs has, each once."""
    declared = dict.fromkeys(cut["by"] for kpi in kpis for cut in kpi["cuts"])
    return sorted(declared, key=lambda cut: CUTS.index(cut) if cut in CUTS else len(CUTS))
