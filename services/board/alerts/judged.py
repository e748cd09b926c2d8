"""What of a number an alert judges, as people write it. Pure."""

from decimal import Decimal
from typing import NamedTuple

from services.board.editing.values import SPACES, read, written
from services.board.told import Answer
from services.board.units import RATES

POINTS = "pt"
DAY = Decimal(86400)
EXACT_DAYS = 6
"""Decimals of a day that tell its seconds apart."""


class Judged(NamedTuple):
    """`unit`: of the read API, or a currency. `is_signed`: it is compared with nothing, so that its sign is told.

    `is_difference`: two rates or scores apart, told in points.
    """

    unit: str
    is_signed: bool
    is_difference: bool

    @classmethod
    def by(cls, alert: Answer, kpi: Answer, currency: str) -> "Judged":
        """By an alert on a KPI; money in the currency of the company."""
        is_signed = alert["of"] in ("change", "target")
        unit = currency if alert["unit"] == "money" else alert["unit"]
        return cls(unit, is_signed, is_signed and kpi["unit"] in RATES)

    def read(self, text: str, language: str) -> float:
        """The level that a text says: `-5 %` is -0.05, and of a difference of rates `-1 pt` is -0.01.

        :raises Unreadable: when it says none, or may say several.
        """
        if self.is_difference:
            bare = text.strip(SPACES).removesuffix(POINTS).removesuffix("%").rstrip(SPACES)
            return float(read(bare, "points", language) * self._point)
        if self.unit == "seconds":
            return float(round(read(text, "count", language) * DAY))
        return float(read(text, self.unit, language))

    def written(self, level: float, language: str) -> str:
        """A level as it is typed, to its last digit: `read` gives it back."""
        value = Decimal(str(level))
        if self.is_difference:
            return f"{written(value / self._point, 'points', language)} {POINTS}"
        if self.unit == "seconds":
            return written(round(value / DAY, EXACT_DAYS), "count", language)
        return written(value, self.unit, language)

    @property
    def _point(self) -> Decimal:
        """What a point is of the unit."""
        return Decimal("0.01") if self.unit == "ratio" else Decimal(1)
