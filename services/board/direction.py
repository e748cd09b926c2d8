"""The director's page: every KPI a tile, and below them a cut of those that have it."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from services.board.alerts.cards import firing
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
            **_alarms(reader),
            "windows": WINDOWS,
            "cut": cut,
            "cuts": cuts,
        }


def _alarms(reader: Reader) -> Mapping[str, object]:
    """Which alerts fire, as it is told to those who see alerts."""
    told = reader.alerts() if reader.access.sees_alerts else None
    return {"alerts": told, "alarms": firing(told.answer["alerts"]) if told else []}


def offered(kpis: Iterable[Answer]) -> list[str]:
    """Every cut that one of these KPIs has, each once."""
    declared = dict.fromkeys(cut["by"] for kpi in kpis for cut in kpi["cuts"])
    return sorted(declared, key=lambda cut: CUTS.index(cut) if cut in CUTS else len(CUTS))
