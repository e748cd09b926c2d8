"""What Prometheus is told beside a number, by the suffix of its name; and of which KPIs, cuts and windows."""

from collections.abc import Callable, Collection, Mapping
from operator import attrgetter
from typing import Any, NamedTuple

from services.common.windows import TO_DATE, WindowName
from services.kpi_stream.kpis.cuts import Cut
from services.kpi_stream.kpis.kpi import SUMS, Kpi, Number, Unit
from services.kpi_stream.kpis.statistics import Interval
from services.kpi_stream.rows import Row

SUMS_CHANGE_OVER = (WindowName.DAY, WindowName.DAYS_7, WindowName.DAYS_30, WindowName.MONTH)
RATES_CHANGE_OVER = (WindowName.DAYS_30, WindowName.DAYS_90)
"""The windows over which changes are told: over each they are three series more of every member. That a rate moved is
sure over many days only.
"""

Read = Callable[[Row], Number | None]
ReadInterval = Callable[[Row], Interval | None]


def _any(of: Kpi | Cut) -> bool:  # noqa: ARG001 - one signature for all
    return True


def _not_brief(cut: Cut) -> bool:
    return not cut.brief


def _with_targets(cut: Cut) -> bool:
    return cut.has_targets


def _with_targets_not_brief(cut: Cut) -> bool:
    return cut.has_targets and not cut.brief


def _sums(kpi: Kpi) -> bool:
    return kpi.unit in SUMS


def _with_interval(kpi: Kpi) -> bool:
    return kpi.unit in (Unit.RATIO, Unit.POINTS)


def _with_judged_change(kpi: Kpi) -> bool:
    return kpi.change is not None


class Reading(NamedTuple):
    """A number beside a row's value: what it is, where it stands, and of which KPIs, by which cuts and over which
    windows it is told.
    """

    help: str
    read: Read
    of: Callable[[Kpi], bool] = _any
    by: Callable[[Cut], bool] = _not_brief
    over: Collection[str] = tuple(WindowName)

    def is_told(self, kpi: Kpi, cut: Cut, window: WindowName) -> bool:
        return self.of(kpi) and self.by(cut) and window in self.over


def of_related(name: str, what: str) -> Callable[[Row], Any]:
    """The `value` or `interval` of a number beside the headline, of rows that have it."""
    return lambda row: getattr(row.related.get(name), what, None)


def ends(interval: ReadInterval) -> Mapping[str, Read]:
    """By suffix: the ends of an interval, of rows that have it."""
    return {
        "_low": lambda row: getattr(interval(row), "low", None),
        "_high": lambda row: getattr(interval(row), "high", None),
    }


END_HELP = {"_low": "the lower end of its 95 % interval", "_high": "the upper end of its 95 % interval"}


def _ends(suffix: str, value: Reading, interval: ReadInterval) -> dict[str, Reading]:
    """The ends of a reading's interval, told where it is."""
    return {
        suffix + end: value._replace(help=f"{value.help}, {END_HELP[end]}", read=read)
        for end, read in ends(interval).items()
    }


_pace = Reading(
    "its attainment over the share of opening time that has gone", attrgetter("pace"), _sums, _with_targets, TO_DATE
)
_change = Reading(
    "its change from the previous period at the same point",
    of_related("change", "value"),
    of=_with_judged_change,
    over=RATES_CHANGE_OVER,
)
_hourly_change = Reading(
    "its change an opening hour from the previous period at the same point",
    of_related("hourly_change", "value"),
    of=_sums,
    over=SUMS_CHANGE_OVER,
)
BESIDE = {
    "_n": Reading("what it rests on: the denominator, or what was expected by now", attrgetter("n"), by=_any),
    "_target": Reading("its target", attrgetter("target"), by=_with_targets, over=TO_DATE),
    "_pace_ratio": _pace,
    **_ends("_pace_ratio", _pace._replace(by=_with_targets_not_brief), attrgetter("pace_interval")),
    "_compared": Reading(
        "its value at the last full hour or day, to set against _previous",
        lambda row: row.compared.value if row.compared else None,
    ),
    "_previous": Reading(
        "its value in the previous period at the same point",
        lambda row: row.compared.previous if row.compared else None,
    ),
    **{end: Reading(END_HELP[end], read, of=_with_interval) for end, read in ends(attrgetter("interval")).items()},
    "_change": _change,
    **_ends("_change", _change, of_related("change", "interval")),
    "_change_ratio": _hourly_change,
    **_ends("_change_ratio", _hourly_change, of_related("hourly_change", "interval")),
}
"""By the suffix of their names."""
