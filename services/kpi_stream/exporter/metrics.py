"""KPIs as Prometheus metrics: one snapshot a scrape, gauges only, in base units and major units of the currency.

A window is a label, a cut is part of the name: `cadran_rep_new_leads{rep="ana",window="mtd"}`. What is not known is not
exported: a gap is honest, a 0 is not.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from prometheus_client.utils import floatToGoString

from services.common.windows import Period, WindowName, named_window
from services.kpi_stream.exporter.kept import Kept
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.kpis.cuts import PROMOTION, Cut
from services.kpi_stream.kpis.kpi import Kpi, Metric, Number, Subject, Unit
from services.kpi_stream.kpis.requests import Asking, together
from services.kpi_stream.kpis.world import World
from services.kpi_stream.progress import target_of
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


class Reading(NamedTuple):
    """A number beside a row's value: what it is, and where it stands."""

    help: str
    read: Callable[[Row], Number | None]


BESIDE = {
    "_n": Reading("what it rests on: the denominator, or what was expected by now", lambda row: row.n),
    "_target": Reading("its target", lambda row: row.target),
    "_pace_ratio": Reading("its attainment over the share of opening time that has gone", lambda row: row.pace),
    "_compared": Reading(
        "its value at the last full hour or day, to set against _previous",
        lambda row: row.compared.value if row.compared else None,
    ),
    "_previous": Reading(
        "its value in the previous period at the same point",
        lambda row: row.compared.previous if row.compared else None,
    ),
    "_low": Reading("the lower end of its 95 % interval", lambda row: row.interval.low if row.interval else None),
    "_high": Reading("the upper end of its 95 % interval", lambda row: row.interval.high if row.interval else None),
}
"""By the suffix of their names."""

PROMOTION_ACTIVE = f"{PREFIX}_promotion_active"
PROMOTION_ACTIVE_HELP = "1 while the promotion runs."

BRIEF_SUFFIXES = ("_n", "_target", "_pace_ratio")
INTERVAL_SUFFIXES = ("_low", "_high")


class Family(NamedTuple):
    """The samples of one name: what they are, and where a row has theirs."""

    name: str
    help: str
    read: Callable[[Row], Number | None]


def families(kpi: Kpi, cut: Cut, currency: str) -> Iterator[Family]:
    """Those of a KPI by a cut."""
    for metric in kpi.metrics:
        if metric.is_told_by(cut):
            name, help_text = metric_name(metric, cut, currency), describe(metric, cut)
            if metric.source:
                yield Family(name, help_text, partial(_related, metric.source))
                for suffix in INTERVAL_SUFFIXES if metric.has_interval else ():
                    end = partial(_end, metric.source, suffix)
                    yield Family(name + suffix, describe(metric, cut, suffix), end)
            else:
                yield Family(name, help_text, attrgetter("value"))
                for suffix in BRIEF_SUFFIXES if cut.brief else BESIDE:
                    yield Family(name + suffix, describe(metric, cut, suffix), BESIDE[suffix].read)


def _related(source: str, row: Row) -> Number | None:
    related = row.related.get(source)
    return related.value if related else None


def _end(source: str, suffix: str, row: Row) -> Number | None:
    """An end of a related number's interval."""
    related = row.related.get(source)
    interval = related.interval if related else None
    return getattr(interval, suffix.removeprefix("_"), None)


def describe(metric: Metric, cut: Cut, suffix: str = "") -> str:
    """The help text: what it is, and whether members add up."""
    what = f"{metric.help}{': ' + BESIDE[suffix].help if suffix else ''}."
    if not cut.fields:
        return what
    adds_up = cut.adds_up and not metric.is_mean and metric.unit in (Unit.COUNT, Unit.MONEY) and suffix == ""
    return f"{what} By {' and '.join(cut.fields)}; members {'add up' if adds_up else 'do not add up'} to the total."


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


class Sample(NamedTuple):
    """A line for Prometheus, and the name of its family."""

    family: str
    line: str

    def with_labels(self, labels: Mapping[str, str]) -> str:
        """The line without its end, some labels put beside its own."""
        series, _, value = self.line.rstrip("\n").rpartition(" ")
        more = "".join(f",{name}={quoted(label)}" for name, label in labels.items())
        return f"{series.removesuffix('}')}{more}}} {value}"


def samples(query: Query, moment: Moment, admission: "Admission", kept: Kept[list[Sample]]) -> Asking[list[Sample]]:
    """What Prometheus is told of a query's admitted members."""
    kpi, cut, window, options = query
    world = moment.world
    members = yield from subjects(kpi, cut, window, world, options)
    admitted = [subject for subject in members if admission.admits(cut, subject.member, world.today)]
    own = list(families(kpi, cut, world.reporting_currency))
    found = yield from together([_kept_samples(kpi, subject, world, own, kept) for subject in admitted])
    return [sample for each in found for sample in each]


def _kept_samples(
    kpi: Kpi, subject: Subject, world: World, own: Sequence[Family], kept: Kept[list[Sample]]
) -> Asking[list[Sample]]:
    """A member's samples. The clock moves the pace of one that has a target."""
    name = (kpi.id, subject.cut.name, subject.window.name, subject.member)
    has_pace = target_of(kpi, subject, world) is not None
    return kept.result(name, (subject, world.now if has_pace else None), _samples(kpi, subject, world, own))


def _samples(kpi: Kpi, subject: Subject, world: World, own: Sequence[Family]) -> Asking[list[Sample]]:
    """Of cuts with many members the headline alone is read."""
    read = row if subject.cut.brief else row_with_related
    found = yield from read(kpi, subject, world)
    if found is None:
        return []
    named = {**found.by, "window": subject.window.name}
    labels = ",".join(f"{name}={quoted(value)}" for name, value in named.items())
    values = ((family.name, family.read(found)) for family in own)
    return [Sample(name, f"{name}{{{labels}}} {_written(value)}\n") for name, value in values if value is not None]


def promotion_samples(world: World, admission: "Admission") -> list[Sample]:
    """Which promotions run at the moment: on a board a mark over their days."""
    zone = world.calendar.zone
    running = [
        name
        for name, stated in world.book.promotions.items()
        if stated.starts_at(zone) <= world.now < stated.ends_at(zone)
    ]
    return [
        Sample(PROMOTION_ACTIVE, f"{PROMOTION_ACTIVE}{{promotion={quoted(name)}}} 1.0\n")
        for name in sorted(running)
        if admission.admits(PROMOTION, name, world.today)
    ]


def quoted(label: str) -> str:
    """The value of a label, as Prometheus writes and reads it."""
    escaped = label.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
    return f'"{escaped}"'


def _written(value: Number) -> str:
    return str(floatToGoString(value))  # type: ignore[no-untyped-call]


def exposition(kpis: Iterable[Kpi], currency: str, found: Iterable[Sample]) -> str:
    """Samples by family, as Prometheus reads them."""
    lines: dict[str, list[str]] = {}
    for family, line in found:
        lines.setdefault(family, []).append(line)
    helps = {each.name: each.help for kpi in kpis for cut in kpi.cuts for each in families(kpi, cut, currency)}
    helps[PROMOTION_ACTIVE] = PROMOTION_ACTIVE_HELP
    return "".join(
        f"# HELP {name} {text}\n# TYPE {name} gauge\n{''.join(lines[name])}"
        for name, text in helps.items()
        if name in lines
    )


def series_of_a_member(kpis: Iterable[Kpi]) -> dict[str, int]:
    """By cut: how many series one member can have at most."""
    costs: dict[str, int] = {PROMOTION.name: 1}
    for kpi in kpis:
        for cut, _ in exported(kpi):
            costs[cut.name] = costs.get(cut.name, 0) + len(list(families(kpi, cut, "")))
    return costs


class Admission:
    """Which members of cuts Prometheus gets: first come, for the quarter, as long as their series have room.

    `costs` are the series that one member can have at most, by cut. A member is let in where there is room for all of
    these; once it is known how many it really has, the rest is room again. Who had to go stays out for the quarter. A
    member that is not admitted is not worked out either.
    """

    def __init__(self, costs: Mapping[str, int], most: int = MAX_SERIES) -> None:
        self._costs = costs
        self._most = most
        self._quarter: date | None = None
        self._admitted: dict[tuple[str, str], None] = {}
        self._refused: set[tuple[str, str]] = set()
        self._gone: set[tuple[str, str]] = set()
        self._taken = 0

    def admits(self, cut: Cut, member: str, today: date) -> bool:
        quarter = Period.QUARTER.first_day(today)
        if quarter != self._quarter:
            self._quarter, self._taken = quarter, 0
            self._admitted, self._refused, self._gone = {}, set(), set()
        name, cost = (cut.name, member), self._costs[cut.name]
        if name in self._admitted:
            return True
        if name in self._gone or self._taken + cost > self._most:
            self._refused.add(name)
            return False
        self._taken += cost
        self._admitted[name] = None
        self._refused.discard(name)
        return True

    def fits(self, series: int) -> bool:
        """So many series came of all who were admitted. Where they are too many, who came last has to go."""
        self._taken = series
        while self._taken > self._most and self._admitted:
            name, _ = self._admitted.popitem()
            self._taken -= self._costs[name[0]]
            self._gone.add(name)
        return series <= self._most

    @property
    def refused(self) -> int:
        """Members that there was no room for in this quarter."""
        return len(self._refused | self._gone)
