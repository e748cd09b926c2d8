"""An edition of the boards: one language and one currency."""

from dataclasses import dataclass

from services.kpi_stream.kpis.kpi import Unit
from services.kpi_stream.kpis.text import Text

LANGUAGES = ("en", "fr")

POINTS_OF_A_SHARE = "suffix: pts"
UNITS = {
    Unit.COUNT: "short",
    Unit.RATIO: "percentunit",
    Unit.POINTS: "none",
    Unit.SCORE: "none",
    Unit.INDEX: "none",
    Unit.SECONDS: "s",
}
"""By Grafana's names of units."""


@dataclass(frozen=True)
class Edition:
    """How texts and units come out in a language, with amounts in a currency."""

    language: str
    currency: str

    def say(self, text: Text) -> str:
        return text.fr if self.language == "fr" else text.en

    def unit(self, unit: Unit) -> str:
        return f"currency{self.currency}" if unit is Unit.MONEY else UNITS[unit]
