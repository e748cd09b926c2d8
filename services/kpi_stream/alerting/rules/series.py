"""A threshold as queries of Prometheus: what is judged, and each condition beside it.

All are vectors with the labels of the members and `window`, so that they meet without more ado; the exporter's own
`instance` and `job` are taken off, so that a second exporter, or another address, makes no second alert.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from services.kpi_stream.exporter.exposition import quoted
from services.kpi_stream.exporter.metrics import families, metric_name
from services.kpi_stream.exporter.of_the_moment import OPEN, OPEN_OF
from services.kpi_stream.exporter.of_the_moment import QUIET as QUIET_SECONDS
from services.kpi_stream.kpis.cuts import Cut
from services.kpi_stream.kpis.kpi import SUMS, Direction, Kpi, Metric, Unit
from services.kpi_stream.kpis.threshold import Of, Side, Threshold

UNTRUSTED = "cadran:kpi:untrusted"
"""1 for each `kpi` whose numbers are old, lack a source that went silent, or are not told at all."""
LAST_VALUE = "cadran:alert:value"
"""What each `alert` judges: while it fires, as last known."""
QUIET = f"max by (topic, source) ({QUIET_SECONDS})"
"""Seconds of opening time since a source was heard."""
SILENT = "cadran:source:silent"
"""1 for each source that has gone silent."""
NOT_TRUSTED, CLOSED = "NumbersCannotBeTrusted", "CompanyIsClosed"
"""The alerts that silence others."""
WATCHDOG = "Watchdog"
"""Fires always: who does not hear of it knows that no rule is evaluated."""
OPEN_AT = {cut.name: name for cut, name in OPEN_OF.items()}
"""By the label of members that open at hours of their own: the series that says whether they are open."""
PLACES = tuple(OPEN_AT)


def closed_alert(place: str) -> str:
    """The alert that silences those of a closed channel, or region."""
    return f"{place.capitalize()}IsClosed"


def is_open(place: str) -> str:
    """1 where each of some members is open, else 0; of no place: whether the company is."""
    return f"max by ({place}) ({OPEN_AT[place]})" if place else f"max({OPEN})"


class Quantity(NamedTuple):
    """What a number is told in. `is_difference`: of two ratios, which is told in points of a percent."""

    unit: Unit
    is_difference: bool = False


class Watched(NamedTuple):
    """A threshold and its KPI: with the currency all that its queries are made of."""

    kpi: Kpi
    threshold: Threshold
    currency: str

    @property
    def cut(self) -> Cut:
        found = self.kpi.cut(self.threshold.by)
        if found is None:
            raise LookupError(f"{self.kpi.id} has no cut {self.threshold.by}")
        return found

    @property
    def members(self) -> tuple[str, ...]:
        """The labels that tell its members apart."""
        return self.cut.fields

    @property
    def place(self) -> str:
        """The label by which its members open at hours of their own; empty: as the company."""
        return next((label for label in self.members if label in PLACES), "")

    @property
    def unit(self) -> Unit:
        """Of what is judged, and of the level."""
        threshold = self.threshold
        if threshold.share_of or threshold.of is Of.PACE:
            return Unit.RATIO
        own = self._metric(threshold.metric).unit
        return Unit.RATIO if threshold.of is Of.CHANGE and own in SUMS else own

    @property
    def quantity(self) -> Quantity:
        """What is judged, and the level, are told in."""
        differs = self.threshold.of in (Of.CHANGE, Of.TARGET) and self.kpi.unit is Unit.RATIO
        return Quantity(self.unit, differs)

    def value(self) -> str:
        """What is judged."""
        threshold = self.threshold
        if threshold.share_of:
            return f"{self._select(threshold.metric)} / {self._select(threshold.share_of)}"
        if threshold.of is Of.TARGET:
            return self._gap(self._select(suffix="_target"), self._select())
        return self._select(threshold.metric, self._judged_suffix())

    def bound(self) -> str:
        """The end of the interval of what is judged that is nearest to the level."""
        return self.high() if self.threshold.side is Side.BELOW else self.low()

    def low(self) -> str:
        """The lower end of its interval."""
        return self._end("_low", "_high")

    def high(self) -> str:
        """The upper end of its interval."""
        return self._end("_high", "_low")

    def rests_on(self) -> str:
        """On how many it rests."""
        least_of = self.threshold.least_of
        return self._select(least_of) if least_of else self._select(suffix="_n")

    def open(self) -> str:
        """1 where the member is open, else 0."""
        return is_open(self.place)

    def untrusted(self) -> str:
        """1 while its numbers cannot be trusted, else nothing."""
        return f"{UNTRUSTED}{{kpi={quoted(self.kpi.id)}}}"

    def in_state(self, state: str) -> str:
        """1 for each member for which it is `firing` or `pending`."""
        labels = ", ".join(self.members)
        return f'max by ({labels}) (ALERTS{{alertname={quoted(self.threshold.name)},alertstate="{state}"}})'

    def recorded(self) -> str:
        """What is judged, as it was recorded."""
        return f'{LAST_VALUE}{{alert={quoted(self.threshold.name)},window="{self.threshold.window}"}}'

    def beyond(self, level: float) -> str:
        """How a number is compared with a level."""
        return f"{'<' if self.threshold.side is Side.BELOW else '>'} {number(level)}"

    @property
    def has_interval(self) -> bool:
        """Is it told how sure what is judged is?"""
        return not self.threshold.share_of and not self._untold(self._ends())

    def missing(self) -> list[str]:
        """The names that its queries need, but for the interval's, and Prometheus is not told."""
        return self._untold(self._names())

    def _untold(self, names: Iterable[str]) -> list[str]:
        told = {
            family.name
            for family in families(self.kpi, self.cut, self.currency)
            if self.threshold.window in family.windows
        }
        return [name for name in names if name not in told]

    def _ends(self) -> list[str]:
        return [self._name(self.threshold.metric, self._judged_suffix() + end) for end in ("_low", "_high")]

    def _names(self) -> list[str]:
        threshold = self.threshold
        names = [self._name(threshold.metric, self._judged_suffix())]
        if threshold.of is Of.TARGET:
            names = [self._name(), self._name(suffix="_target")]
        if threshold.share_of:
            names.append(self._name(threshold.share_of))
        if threshold.least:
            names.append(self._name(threshold.least_of) if threshold.least_of else self._name(suffix="_n"))
        return names

    def _judged_suffix(self) -> str:
        of = self.threshold.of
        if of is Of.PACE:
            return "_pace_ratio"
        if of is Of.CHANGE:
            return "_change_ratio" if self.kpi.unit in SUMS else "_change"
        return ""

    def _end(self, end: str, other: str) -> str:
        threshold = self.threshold
        if threshold.of is Of.TARGET:
            own = end if self.kpi.good is Direction.UP else other
            return self._gap(self._select(suffix="_target"), self._select(suffix=own))
        return self._select(threshold.metric, self._judged_suffix() + end)

    def _gap(self, target: str, value: str) -> str:
        """How far a value is from its target, in the good direction."""
        return f"{value} - {target}" if self.kpi.good is Direction.UP else f"{target} - {value}"

    def _metric(self, name: str) -> Metric:
        """The headline by no name."""
        return self.kpi.metric(name) if name else self.kpi.headline

    def _name(self, metric: str = "", suffix: str = "") -> str:
        return metric_name(self._metric(metric), self.cut, self.currency, suffix)

    def _select(self, metric: str = "", suffix: str = "") -> str:
        labels = [f'window="{self.threshold.window}"']
        if self.threshold.only:
            members = "|".join(re.escape(member) for member in self.threshold.only)
            labels.append(f"{self.members[0]}=~{quoted(members)}")
        return f"max without (instance, job) ({self._name(metric, suffix)}{{{','.join(labels)}}})"


def number(value: float) -> str:
    """As PromQL and people's files write it."""
    return f"{value:.10g}"
