"""Every alert: whether people are told of it, the number against its level, and why."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from services.board.alerts.cards import State, cards
from services.board.reader import Reader
from services.board.rendering import Page


class AlertsPage(Page):
    """See `rendering.Page`. `currency`: of money."""

    template = "alerts.html"
    layout = "alerts_layout.html"

    def __init__(self, currency: str) -> None:
        self._currency = currency

    def asked(self, path: Mapping[str, str], query: Mapping[str, str]) -> None:
        return None

    async def values(self, asked: None, reader: Reader, language: str) -> Mapping[str, object]:
        told, kpis = reader.alerts(), await reader.kpis()
        if told is None:
            return {"told": None}
        made = cards(told.answer["alerts"], kpis, self._currency)
        return {
            "told": told,
            "cards": made,
            "states": Counter(each.state for each in made),
            "all_states": list(State),
            "in_force_since": datetime.fromisoformat(told.answer["in_force_since"]),
        }
