"""What a KPI is: a declaration. Metrics, API, boards, rules and the reference page are made from it.

A KPI module defines one `Kpi` named `KPI`. It declares its measures and what entities contribute to them, and says how
summed measures become a value. It does no I/O and reads no clock.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

import msgspec

from services.common.calendar import Place, Span
from services.common.topics import Topic
from services.common.windows import Comparison, Grain, Window, WindowName, compare
from services.kpi_stream.declared import Declared
from services.kpi_stream.kpis.cuts import Cut
from services.kpi_stream.kpis.requests import Asking
from services.kpi_stream.kpis.statistics import Interval
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Threshold
from services.kpi_stream.kpis.world import World
from services.kpi_stream.measures import Fact, MeasureGroup

Number = int | float | Decimal

MAX_DAYS = 366 * 20


class Unit(StrEnum):
    """What a value is: it decides how targets are read and how the value is shown."""

    COUNT = "count"
    MONEY = "money"
    RATIO = "ratio"
    POINTS = "points"
    """-100 to 100, shown whole."""
    SCORE = "score"
    """A mean of answers of 0 to 10, shown with a decimal."""
    INDEX = "index"
    """100 is parity, shown with a decimal."""
    SECONDS = "seconds"
    """How long something took, or how old it is."""


SUMS = (Unit.COUNT, Unit.MONEY)
"""Units of what grows with time: such numbers are set against the time that has gone."""


class Direction(StrEnum):
    """Which way is good."""

    UP = "up"
    DOWN = "down"


class Flag(StrEnum):
    """Why a value is not known, or how far it can be trusted."""

    IMMATURE = "immature"
    SMALL_N = "small_n"
    STALE = "stale"
    SUPPRESSED = "suppressed"
    NO_TARGET = "no_target"
    NO_BASELINE = "no_baseline"
    RATE_MISSING = "rate_missing"
    VISITS_INCOMPLETE = "visits_incomplete"
    NO_OWN_PRICE = "no_own_price"


class Totals(msgspec.Struct, frozen=True, gc=False):
    """Measures summed over a span. Money is in minor units of the reporting currency; none when a rate is missing.

    `level`: of a number that is no sum, what holds at the end of the span.
    """

    measures: Mapping[str, int | None]
    by_currency: Mapping[str, Mapping[str, int]] = {}
    rate_missing: bool = False
    level: Any = None

    def __getitem__(self, measure: str) -> int:
        """A count. A measure that the groups do not have is a `KeyError`: a misspelling is no 0."""
        return self.measures[measure] or 0

    def money(self, measure: str) -> int | None:
        """An amount in minor units; none when a rate is missing."""
        return self.measures[measure]


class Related(msgspec.Struct, frozen=True, omit_defaults=True):
    """A number beside the headline; money is told in a currency, its code is then the unit."""

    value: Number | None
    unit: Unit | str
    numerator: Number | None = None
    denominator: Number | None = None
    n: Number | None = None
    interval: Interval | None = None
    flags: tuple[Flag, ...] = ()
    details: Mapping[str, Any] = {}


class Estimate(msgspec.Struct, frozen=True):
    """What measures say: the value, and how sure it is."""

    value: Number | None
    measures: Mapping[str, Number | None]
    n: Number | None = None
    numerator: int | None = None
    denominator: int | None = None
    interval: Interval | None = None
    flags: tuple[Flag, ...] = ()
    events: int | None = None
    """For counts and sums: how many things were counted, so that few can be told from many."""


Parts = Mapping[str, Totals]
Spans = Mapping[str, Span]


class Compared(msgspec.Struct, frozen=True):
    """The spans behind the two values that are compared."""

    current: Spans
    previous: Spans
    until: datetime


class Subject(msgspec.Struct, frozen=True):
    """Whose number: a member of a cut, over a window. `members` are those whose cells add up to it."""

    cut: Cut
    member: str
    members: tuple[str, ...]
    window: Window
    place: Place
    options: Mapping[str, str] = {}


def window_span(window: Window, world: World) -> Spans:  # noqa: ARG001 - one signature for all KPIs
    """Most KPIs read one span: the window's."""
    return {"window": window.span}


def same_point(window: Window, world: World, place: Place, grain: Grain) -> Compared | None:
    """Most KPIs compare the window with its previous period, both cut at the same point."""
    comparison: Comparison | None = compare(window, world.now, world.calendar, grain=grain, place=place)
    if comparison is None:
        return None
    return Compared({"window": comparison.current}, {"window": comparison.previous}, comparison.until)


def nothing_beside(parts: Parts, subject: Subject, world: World) -> Mapping[str, Related]:  # noqa: ARG001
    """Some KPIs' measures tell nothing but the headline."""
    return {}


def nothing_related(subject: Subject, world: World) -> Asking[Mapping[str, Related]]:  # noqa: ARG001
    """Most KPIs need no further reading."""
    yield from ()
    return {}


Contribute = Callable[[str, Any, Declared], Iterable[Fact]]
"""From an entity's id, the entity and what is declared to what it contributes. Pure."""


Describe = Callable[[Any, Subject, int], Sequence[Any]]
"""From an entity, whose number it is, and the window's last day (since 1970-01-01) to what people are told of it."""


def nothing_more(entity: Any, subject: Subject, last_day: int) -> Sequence[Any]:  # noqa: ARG001
    """Of most entities what they add says all."""
    return ()


class Board(StrEnum):
    """The Grafana boards that hold panels of KPIs. What is told by rep stands on a board of its own."""

    SALES = "sales"
    CUSTOMERS = "customers"
    COMPETITORS = "competitors"
    TEAM = "team"


@dataclass(frozen=True)
class Panel:
    """A panel of the KPI's board: which metric, shown how, by which cut.

    Change, pace and trend of the headline are made without one.
    """

    kind: Literal["stat", "bars", "table", "trend"]
    title: Text
    metric: str
    cut: str = "all"


@dataclass(frozen=True)
class Metric:
    """A number for Prometheus: its name without prefix and cut, its unit, and where it comes from.

    `source` names a related number, or is empty for the headline. `cuts` are those that it is told by (empty: all that
    the KPI has, of a related number without the brief ones); `is_mean`: members do not add up whatever the cut.
    `has_interval`: a related number's ends are told as well, as a headline's always are.
    """

    name: str
    unit: Unit
    help: str
    source: str = ""
    cuts: tuple[Cut, ...] = ()
    is_mean: bool = False
    has_interval: bool = False

    def is_told_by(self, cut: Cut) -> bool:
        return cut in self.cuts or (not self.cuts and not (self.source and cut.brief))


@dataclass(frozen=True, kw_only=True, eq=False)
class Kpi:
    """One KPI, whole, like no other. `number` is its place among the others.

    The first of `metrics` is the headline. Beside it stand numbers that its own measures tell (`beside`), and some
    that take further reading (`related`).

    `read` says how its totals are read, where they are not the sums of its cells over the spans. `change` judges two
    values that are compared. `rolling`: how many days, up to its own, a point of a daily series covers; the first is
    usual. `dispersion`: of a count or sum, the variance over the mean of what a day brings, around its weekday's mean;
    1 is chance alone. Of a sum what a day brings is told in mean amounts, so that the spread of amounts is in it.
    `longest`: how many days a window may have. `unlisted`: groups behind which people's answers stand, of which
    nobody is listed. `describe`: what is told of an entity there, beside what it adds.

    What a KPI takes from `world.now` may change at a full hour, never within one: a snapshot stands as long, unless
    what it was told, statements or the window itself move.
    """

    id: str
    number: int
    version: int
    title: Text
    question: Text
    formula: Text
    credit: Text
    unit: Unit
    good: Direction
    board: Board
    cuts: tuple[Cut, ...]
    groups: tuple[MeasureGroup, ...]
    contributions: Mapping[str, Contribute]
    feeds: tuple[Topic, ...]
    metrics: tuple[Metric, ...]
    estimate: Callable[[Parts, Subject, World], Estimate]
    windows: tuple[WindowName, ...] = tuple(WindowName)
    grain: Grain = Grain.HOUR
    spans: Callable[[Window, World], Spans] = window_span
    compared: Callable[[Window, World, Place, Grain], Compared | None] = same_point
    beside: Callable[[Parts, Subject, World], Mapping[str, Related]] = nothing_beside
    related: Callable[[Subject, World], Asking[Mapping[str, Related]]] = nothing_related
    read: Callable[[Subject, Sequence[Spans], World], Asking[list[Parts]]] | None = None
    change: Callable[[Estimate, Estimate], Related | None] | None = None
    dispersion: float = 1.0
    rolling: tuple[int, ...] = (1,)
    longest: int = MAX_DAYS
    unlisted: tuple[MeasureGroup, ...] = ()
    describe: Describe = nothing_more
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    panels: tuple[Panel, ...] = ()
    alerts: tuple[Threshold, ...]

    @property
    def listed(self) -> tuple[MeasureGroup, ...]:
        """The groups behind which entities may be listed."""
        return tuple(group for group in self.groups if group not in self.unlisted)

    @property
    def headline(self) -> Metric:
        return self.metrics[0]

    def metric(self, name: str) -> Metric:
        """The number that is called so.

        :raises LookupError: when there is none.
        """
        found = next((metric for metric in self.metrics if metric.name == name), None)
        if found is None:
            raise LookupError(f"{self.id} tells no {name}")
        return found

    def cut(self, name: str) -> Cut | None:
        """The cut that a `by` names, or none."""
        return next((cut for cut in self.cuts if cut.name == name), None)
