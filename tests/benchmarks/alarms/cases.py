"""The alerts by default that rest on evidence, and the numbers that each judges."""

from collections.abc import Callable
from math import ceil
from operator import attrgetter
from typing import NamedTuple

from services.common.windows import ROLLING_DAYS
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.threshold import Threshold
from tests.benchmarks.alarms.company import FALL, OF_LEADS, OF_SALES, Company, Flow, Trial
from tests.benchmarks.alarms.judges import Stretches
from tests.benchmarks.alarms.rates import ACCEPTED, POINTS, RETURNED, WON, acquisition, loyalty, proposals, scores
from tests.benchmarks.alarms.sums import Days, change, pace

DEFAULTS = {threshold.name: threshold for kpi in all_kpis().values() for threshold in kpi.alerts}


class Case(NamedTuple):
    """An alert; the level of a plain one, half of what its number falls; the days in which that can be seen."""

    alert: str
    plain_level: float
    numbers: Callable[[Trial, Days], Stretches]
    days: Days

    @property
    def threshold(self) -> Threshold:
        return DEFAULTS[self.alert]


def _pace(alert: str, flow: Callable[[Company], Flow], dispersion: float) -> Case:
    """Six weeks, so that every fall sees a month that begins with it."""
    days = Days.of(read=31, before=31, weeks=6)
    return Case(alert, 1 - FALL / 2, lambda trial, days: pace(trial, flow(trial.company), dispersion, days), days)


def _change(alert: str, flow: Callable[[Company], Flow], dispersion: float) -> Case:
    """As long as both windows: after that a fall is in both, and nothing is to be seen any longer."""
    window = ROLLING_DAYS[DEFAULTS[alert].window]
    days = Days.of(read=2 * window, before=window, weeks=ceil(2 * window / 7))
    return Case(
        alert, -FALL / 2, lambda trial, days: change(trial, flow(trial.company), dispersion, window, days), days
    )


LEADS, ORDERS = attrgetter("leads"), attrgetter("orders")
CASES = (
    _pace("LeadsBehindPace", LEADS, OF_LEADS),
    _change("LeadsFall", LEADS, OF_LEADS),
    _pace("SalesBehindPace", ORDERS, OF_SALES),
    _change("SalesFall", ORDERS, OF_SALES),
    Case("AcquisitionFalls", -WON * FALL / 2, acquisition, Days.of(read=91, before=30, weeks=13)),
    Case("ContactedCustomersStayAway", -RETURNED * FALL / 2, loyalty, Days.of(read=180, before=90, weeks=26)),
    Case("ProposalsSucceedLess", -ACCEPTED * FALL / 2, proposals, Days.of(read=60, before=30, weeks=9)),
    Case("NpsFalls", -POINTS / 2, scores, Days.of(read=60, before=30, weeks=9)),
)
