"""The price index: from pairs by their two currencies to one number. No float before the last step."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from services.kpi_stream.kpis.price_cells import EXACT, MILLION
from services.kpi_stream.kpis.world import World


class Ratios(NamedTuple):
    """Pairs of a price of ours and one of theirs, and their sum of ln(ours) - ln(theirs) in millionths."""

    ours: str
    theirs: str
    pairs: int
    log: int


def log_sum(ratios: Iterable[Ratios], day: date, world: World) -> Decimal | None:
    """The sum of ln(ours / theirs) over pairs, at the exchange rates of a day; none where one is missing."""
    total = Decimal(0)
    for each in ratios:
        rate = _log_rate(each.ours, each.theirs, day, world) if each.pairs else Decimal(0)
        if rate is None:
            return None
        total += Decimal(each.log).scaleb(-MILLION) + each.pairs * rate
    return total


def _log_rate(ours: str, theirs: str, day: date, world: World) -> Decimal | None:
    """ln of what one of our currency is worth in theirs, by way of the reporting currency."""
    if ours == theirs:
        return Decimal(0)
    logs = []
    for currency in (ours, theirs):
        home = world.reporting_currency
        rate = Decimal(1) if currency == home else world.book.rate(currency, home, day)
        if rate is None:
            return None
        logs.append(rate.ln(EXACT))
    return logs[0] - logs[1]


def index(log: Decimal | None, pairs: int) -> float | None:
    """100 x exp(mean), to two decimals: above 100 we are dearer. None where nothing is set against anything."""
    if log is None or not pairs:
        return None
    return float(round(100 * (log / pairs).exp(EXACT), 2))
