"""KPIs as Prometheus metrics: one snapshot a scrape, gauges only, in base units and major units of the currency.

A window is a label, a cut is part of the name: `cadran_rep_new_leads{rep="ana",window="mtd"}`. What is not known is not
exported: a gap is honest, a 0 is not.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from services.common.windows import Period, WindowName, named_window
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.exporter.service import rows
from services.kpi_stream.kpis.cuts import ALL, Cut
from services.kpi_stream.kpis.kpi import Asking, Kpi, Metric, Number, Unit, together
from services.kpi_stream.rows import Row, row, subjects

PREFIX = "cadran"
MAX_SERIES = 9_500
"""Below Prometheus's `sample_limit` of 10,000: a scrape over the limit would be thrown away whole."""

MAJOR_UNITS = {"EUR": "euros", "USD": "dollars", "GBP": "pounds", "CHF": "francs", "JPY": "yen"}


def metric_name(metric: Metric, cut: Cut, currency: str, suffix: str = "") -> str:
    """`cadran_rep_net_sales_euros`, `cadran_new_leads_target`."""
    parts = [PREFIX, *cut.fields, metric.name]
    if metric.unit is Unit.MONEY:
        parts.append(MAJOR_UNITS.get(currency, currency.lower()))
    return "_".join(parts) + suffix


SUFFIXES = {
    "_n": "what it rests on: the denominator, or what was expected by now",
    "_target": "its target",
    "_pace_ratio": "its attainment over the share of opening time that has gone",
    "_compared": "its value at the last full hour or day, to set against _previous",
    "_previous": "its value in the previous period at the same point",
    "_low": "the lower end of its 95 % interval",
    "_high": "the upper end of its 95 % interval",
}
BRIEF_SUFFIXES = ("_n", "_target")


def exported(kpi: Kpi) -> Iterator[tuple[Cut, WindowName]]:
    """The cuts and windows that Prometheus gets of a KPI."""
    for cut in kpi.cuts:
        for window in kpi.windows:
            if not cut.brief or window is WindowName.MONTH:
                yield cut, window


def snapshot(kpis: Iterable[Kpi], moment: Moment) -> Asking[list[tuple[Query, list[Row]]]]:
    """Every row that Prometheus gets."""
    world = moment.world
    queries = [
        Query(kpi, cut, named_window(window, world.now, world.calendar), {})
        for kpi in kpis
        for cut, window in exported(kpi)
    ]
    found = yield from together(
        [_brief(query, moment) if query.cut.brief else rows(query, moment) for query in queries]
    )
    return list(zip(queries, found, strict=True))


def _brief(query: Query, moment: Moment) -> Asking[list[Row]]:
    """The rows of a cut with many members: the headline alone."""
    members = yield from subjects(query.kpi, query.cut, query.window, moment.world, query.options)
    found = yield from together([row(query.kpi, subject, moment.world) for subject in members])
    return [each for each in found if each is not None]


class Families:
    """Metric families being filled, up to a number of series; what is beyond is counted."""

    def __init__(self, currency: str, admission: "Admission") -> None:
        self._currency = currency
        self._admission = admission
        self._families: dict[str, GaugeMetricFamily] = {}
        self._series = 0
        self.dropped = 0

    def add_rows(self, query: Query, found: Sequence[Row], today: date) -> None:
        for each in found:
            if not self._admission.admits(query.cut, tuple(each.by.values()), today):
                self.dropped += 1
                continue
            labels = {**each.by, "window": query.window.name}
            for metric in query.kpi.metrics:
                self._add_metric(metric, query, each, labels)

    def _add_metric(self, metric: Metric, query: Query, row: Row, labels: dict[str, str]) -> None:
        if metric.source:
            related = row.related.get(metric.source)
            if related is not None and not query.cut.brief:
                self._add(metric, query.cut, "", related.value, labels)
            return
        self._add(metric, query.cut, "", row.value, labels)
        for suffix, value in _beside(row).items():
            if suffix in BRIEF_SUFFIXES or not query.cut.brief:
                self._add(metric, query.cut, suffix, value, labels)

    def _add(self, metric: Metric, cut: Cut, suffix: str, value: Number | None, labels: dict[str, str]) -> None:
        if value is None:
            return
        if self._series >= MAX_SERIES:
            self.dropped += 1
            return
        name = metric_name(metric, cut, self._currency, suffix)
        family = self._families.get(name)
        if family is None:
            family = GaugeMetricFamily(name, describe(metric, cut, suffix), labels=list(labels))
            self._families[name] = family
        family.add_metric(list(labels.values()), float(value))
        self._series += 1

    def all(self) -> list[Family]:
        return list(self._families.values())


def describe(metric: Metric, cut: Cut, suffix: str) -> str:
    """The help text: what it is, and whether members add up."""
    what = f"{metric.help}{': ' + SUFFIXES[suffix] if suffix else ''}."
    if not cut.fields:
        return what
    adds_up = cut.adds_up and metric.unit in (Unit.COUNT, Unit.MONEY) and suffix == ""
    return f"{what} By {' and '.join(cut.fields)}; members {'add up' if adds_up else 'do not add up'} to the total."


def _beside(row: Row) -> dict[str, Number | None]:
    return {
        "_n": row.n,
        "_target": row.target,
        "_pace_ratio": row.pace,
        "_compared": row.compared.value if row.compared else None,
        "_previous": row.compared.previous if row.compared else None,
        "_low": row.interval.low if row.interval else None,
        "_high": row.interval.high if row.interval else None,
    }


class Admission:
    """Which members of cuts Prometheus gets: first come, for the quarter, up to a number per cut."""

    def __init__(self, most: int = 200) -> None:
        self._most = most
        self._quarter: date | None = None
        self._admitted: dict[str, set[tuple[str, ...]]] = {}

    def admits(self, cut: Cut, member: tuple[str, ...], today: date) -> bool:
        quarter = Period.QUARTER.first_day(today)
        if quarter != self._quarter:
            self._quarter, self._admitted = quarter, {}
        admitted = self._admitted.setdefault(cut.name, set())
        if cut is ALL or member in admitted:
            return True
        if len(admitted) >= self._most:
            return False
        admitted.add(member)
        return True


class Given(Collector):
    """A collector of families that were made before: the reading is asynchronous, collecting is not."""

    def __init__(self, families: Sequence[Family]) -> None:
        self._families = families

    def describe(self) -> list[Family]:
        return []

    def collect(self) -> Iterator[Family]:
        yield from self._families
