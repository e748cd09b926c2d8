"""KPIs as Prometheus metrics: one snapshot a scrape, gauges only, in base units and major units of the currency.

A window is a label, a cut is part of the name: `cadran_rep_new_leads{rep="ana",window="mtd"}`. What is not known is not
exported: a gap is honest, a 0 is not.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from services.common.windows import Period, WindowName, named_window
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.kpis.cuts import Cut
from services.kpi_stream.kpis.kpi import Asking, Kpi, Metric, Number, Unit, together
from services.kpi_stream.rows import Row, row, row_with_related, subjects

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


def queries(kpi: Kpi, moment: Moment) -> list[Query]:
    """Everything that Prometheus gets of a KPI, a query for every cut and window."""
    world = moment.world
    return [Query(kpi, cut, named_window(window, world.now, world.calendar), {}) for cut, window in exported(kpi)]


def admitted_rows(query: Query, moment: Moment, admission: "Admission") -> Asking[list[Row]]:
    """The rows of a query's admitted members; of cuts with many members the headline alone."""
    members = yield from subjects(query.kpi, query.cut, query.window, moment.world, query.options)
    admitted = [subject for subject in members if admission.admits(query.cut, subject.member, moment.world.today)]
    read = row if query.cut.brief else row_with_related
    found = yield from together([read(query.kpi, subject, moment.world) for subject in admitted])
    return [each for each in found if each is not None]


class Families:
    """Metric families being filled."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._families: dict[str, GaugeMetricFamily] = {}

    def add_rows(self, query: Query, found: Iterable[Row]) -> None:
        for each in found:
            labels = {**each.by, "window": query.window.name}
            for metric in query.kpi.metrics:
                if metric.is_told_by(query.cut):
                    self._add_metric(metric, query.cut, each, labels)

    def _add_metric(self, metric: Metric, cut: Cut, row: Row, labels: dict[str, str]) -> None:
        if metric.source:
            related = row.related.get(metric.source)
            if related is not None:
                self._add(metric, cut, "", related.value, labels)
            return
        self._add(metric, cut, "", row.value, labels)
        for suffix, value in _beside(row).items():
            if suffix in BRIEF_SUFFIXES or not cut.brief:
                self._add(metric, cut, suffix, value, labels)

    def _add(self, metric: Metric, cut: Cut, suffix: str, value: Number | None, labels: dict[str, str]) -> None:
        if value is None:
            return
        name = metric_name(metric, cut, self._currency, suffix)
        family = self._families.get(name)
        if family is None:
            family = GaugeMetricFamily(name, describe(metric, cut, suffix), labels=list(labels))
            self._families[name] = family
        family.add_metric(list(labels.values()), float(value))

    def all(self) -> list[Family]:
        return list(self._families.values())


def describe(metric: Metric, cut: Cut, suffix: str) -> str:
    """The help text: what it is, and whether members add up."""
    what = f"{metric.help}{': ' + SUFFIXES[suffix] if suffix else ''}."
    if not cut.fields:
        return what
    adds_up = cut.adds_up and not metric.is_mean and metric.unit in (Unit.COUNT, Unit.MONEY) and suffix == ""
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


def series_of_a_member(kpis: Iterable[Kpi]) -> dict[str, int]:
    """By cut: how many series one member can have at most."""
    costs: dict[str, int] = {}
    for kpi in kpis:
        for cut, _ in exported(kpi):
            told = sum(
                1 if metric.source else 1 + len(BRIEF_SUFFIXES if cut.brief else SUFFIXES)
                for metric in kpi.metrics
                if metric.is_told_by(cut)
            )
            costs[cut.name] = costs.get(cut.name, 0) + told
    return costs


class Admission:
    """Which members of cuts Prometheus gets: first come, for the quarter, as long as their series have room.

    `costs` are the series of one member by cut. A member that is not admitted is not worked out either.
    """

    def __init__(self, costs: Mapping[str, int], most: int = MAX_SERIES) -> None:
        self._costs = costs
        self._most = most
        self._quarter: date | None = None
        self._admitted: set[tuple[str, str]] = set()
        self._refused: set[tuple[str, str]] = set()
        self._room = most

    def admits(self, cut: Cut, member: str, today: date) -> bool:
        quarter = Period.QUARTER.first_day(today)
        if quarter != self._quarter:
            self._quarter, self._room = quarter, self._most
            self._admitted, self._refused = set(), set()
        name, cost = (cut.name, member), self._costs[cut.name]
        if name in self._admitted:
            return True
        if cost > self._room:
            self._refused.add(name)
            return False
        self._room -= cost
        self._admitted.add(name)
        return True

    @property
    def refused(self) -> int:
        """Members that there was no room for in this quarter."""
        return len(self._refused)


class Given(Collector):
    """A collector of families that were made before: the reading is asynchronous, collecting is not."""

    def __init__(self, families: Sequence[Family]) -> None:
        self._families = families

    def describe(self) -> list[Family]:
        return []

    def collect(self) -> Iterator[Family]:
        yield from self._families
