"""KPIs as Prometheus metrics: gauges only, in base units and major units of the currency.

A window is a label, a cut is part of the name: `cadran_rep_new_leads{rep="ana",window="mtd"}`. What is not known is not
exported: a gap is honest, a 0 is not.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from services.common.windows import WindowName
from services.kpi_stream.exporter.readings import BESIDE, END_HELP, Read, ends, of_related
from services.kpi_stream.kpis.cuts import Cut
from services.kpi_stream.kpis.kpi import SUMS, Kpi, Metric, Unit

PREFIX = "cadran"
MAJOR_UNITS = {"EUR": "euros", "USD": "dollars", "GBP": "pounds", "CHF": "francs", "JPY": "yen"}


def metric_name(metric: Metric, cut: Cut, currency: str, suffix: str = "") -> str:
    """`cadran_rep_net_sales_euros`, `cadran_new_leads_target`."""
    parts = [PREFIX, *cut.fields, metric.name]
    if metric.unit is Unit.MONEY:
        parts.append(MAJOR_UNITS.get(currency, currency.lower()))
    return "_".join(parts) + suffix


class Family(NamedTuple):
    """The samples of one name: what they are, where a row has theirs, and over which windows they are told."""

    name: str
    help: str
    read: Read
    windows: Collection[WindowName]


def exported(kpi: Kpi) -> Iterator[tuple[Cut, WindowName]]:
    """The cuts and windows that Prometheus gets of a KPI; each family those windows of them that it is told over."""
    for cut in kpi.cuts:
        for window in _windows(kpi, cut):
            yield cut, window


def _windows(kpi: Kpi, cut: Cut) -> tuple[WindowName, ...]:
    return tuple(window for window in kpi.windows if window is WindowName.MONTH or not cut.brief)


@lru_cache
def families(kpi: Kpi, cut: Cut, currency: str) -> tuple[Family, ...]:
    """Those of a KPI by a cut."""
    return tuple(
        family
        for metric in kpi.metrics
        if metric.is_told_by(cut)
        for family in (_related if metric.source else _headline)(kpi, metric, cut, currency)
    )


def _headline(kpi: Kpi, metric: Metric, cut: Cut, currency: str) -> Iterator[Family]:
    """The value, and what stands beside it."""
    name, windows = metric_name(metric, cut, currency), _windows(kpi, cut)
    yield Family(name, describe(metric, cut), attrgetter("value"), windows)
    for suffix, reading in BESIDE.items():
        told = tuple(window for window in windows if reading.is_told(kpi, cut, window))
        if told:
            yield Family(name + suffix, describe(metric, cut, reading.help), reading.read, told)


def _related(kpi: Kpi, metric: Metric, cut: Cut, currency: str) -> Iterator[Family]:
    """A number beside the headline, and the ends of its interval."""
    name, windows = metric_name(metric, cut, currency), _windows(kpi, cut)
    yield Family(name, describe(metric, cut), of_related(metric.source, "value"), windows)
    if metric.has_interval:
        for suffix, read in ends(of_related(metric.source, "interval")).items():
            yield Family(name + suffix, describe(metric, cut, END_HELP[suffix]), read, windows)


def describe(metric: Metric, cut: Cut, beside: str = "") -> str:
    """The help text: what it is, or what of it (`beside`), and whether members add up."""
    what = f"{metric.help}{': ' if beside else ''}{beside}."
    if not cut.fields:
        return what
    adds_up = cut.adds_up and not metric.is_mean and metric.unit in SUMS and not beside
    return f"{what} By {' and '.join(cut.fields)}; members {'add up' if adds_up else 'do not add up'} to the total."


def helps(kpis: Iterable[Kpi], currency: str) -> dict[str, str]:
    """What every family is, by its name."""
    return {each.name: each.help for kpi in kpis for cut in kpi.cuts for each in families(kpi, cut, currency)}
