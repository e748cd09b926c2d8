"""What readers are told, as it stands in JSON."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from services.common.calendar import BusinessCalendar
from services.common.windows import Grain, Window
from services.kpi_stream.kpis.kpi import Flag, Kpi, Number, Unit
from services.kpi_stream.kpis.statistics import Interval
from services.kpi_stream.rows import Row


class WindowAnswer(msgspec.Struct, frozen=True):
    """The window of an answer, both ends included: days, or for `1h` and `24h` instants."""

    name: str
    first: date | datetime = msgspec.field(name="from")
    last: date | datetime = msgspec.field(name="to")
    zone: str


class DaysAnswer(msgspec.Struct, frozen=True):
    """Days, both included."""

    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")


class RowsAnswer(msgspec.Struct, frozen=True):
    """The rows of a KPI over a window; `as_of`: everything that happened before is in it.

    `spans` are days beside the window that a number is made of, such as a cohort's.
    """

    kpi: str
    unit: str
    as_of: datetime | None
    window: WindowAnswer
    rows: Sequence[Row]
    spans: Mapping[str, DaysAnswer] = {}


class Point(msgspec.Struct, frozen=True):
    """One step of a series, named by its first day."""

    at: date
    value: Number | None
    n: Number | None
    measures: Mapping[str, Number | None]
    interval: Interval | None
    flags: Sequence[Flag]


class SeriesRow(msgspec.Struct, frozen=True):
    """A member's series."""

    by: Mapping[str, str]
    points: Sequence[Point]


class SeriesAnswer(msgspec.Struct, frozen=True):
    """A KPI by the day or the month; a point of a day covers so many `rolling` days, its own the last of them."""

    kpi: str
    unit: str
    as_of: datetime | None
    step: str
    rolling: int
    rows: Sequence[SeriesRow]


class Added(msgspec.Struct, frozen=True):
    """What an entity adds within one span of the number: counts, and money in minor units of its currency."""

    span: str
    currency: str
    measures: Mapping[str, int]


class EventBehind(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event that stands behind an entity: what it said of whom, when that happened, and when it was heard.

    `late`: it says what had happened by the close of a day on which the entity counts, and was heard after the number
    of that day had been shown; none where too many count to find that out.
    """

    type: str
    subject: str
    id: str
    time: datetime
    received: datetime
    late: bool | None
    revision: int = 0


class Behind(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entity behind a number; `details`: what else is told of it, by KPI.

    `events` in the order in which they happened; `more_events`: they are not all, late and latest ones first were
    chosen. `corrected`: some are late.
    """

    kind: str
    id: str
    adds: Sequence[Added]
    events: Sequence[EventBehind]
    corrected: bool = False
    more_events: bool = False
    details: Sequence[Any] = ()


class Unknown(StrEnum):
    """Why it is not known what was corrected late."""

    TOO_MANY = "too_many_entities"


class Corrections(msgspec.Struct, frozen=True):
    """How many entities behind a number have late events, and what they add to it, summed."""

    entities: int | None
    adds: Sequence[Added] | None
    flags: Sequence[Unknown] = ()


class ExplainAnswer(msgspec.Struct, frozen=True):
    """A page of the entities behind a number; `next` begins the next page. `corrections` are those of all pages."""

    kpi: str
    as_of: datetime | None
    window: WindowAnswer
    formula: Mapping[str, str]
    credit: Mapping[str, str]
    corrections: Corrections
    entities: Sequence[Behind]
    next: str | None


class TargetStatement(msgspec.Struct, frozen=True):
    """What a target was stated to be, the time from which that holds, and the event that said so."""

    value: Number
    time: datetime
    event_id: str


class TargetAnswer(msgspec.Struct, frozen=True):
    """A target in force. `member`: `{}`, `{"rep_id": …}` or `{"team_id": …}`; `statements`: newest last.

    `subject` is what an event about it is sent under.
    """

    subject: str
    measure: str
    member: Mapping[str, str]
    period: str
    starts_on: date
    value: Number
    unit: str
    statements: Sequence[TargetStatement]


class PromotionStatement(msgspec.Struct, frozen=True):
    """What a promotion was stated to be, the time from which that holds, and the event that said so."""

    name: str
    first: str = msgspec.field(name="from")
    last: str = msgspec.field(name="to")
    channels: Sequence[str]
    regions: Sequence[str]
    time: datetime
    event_id: str


class PromotionAnswer(msgspec.Struct, frozen=True):
    """A promotion in force: days (the last counts whole) or moments, as stated; no channels or regions: everywhere."""

    subject: str
    id: str
    name: str
    first: str = msgspec.field(name="from")
    last: str = msgspec.field(name="to")
    channels: Sequence[str]
    regions: Sequence[str]
    statements: Sequence[PromotionStatement]


class RepAnswer(msgspec.Struct, frozen=True):
    """A rep, with the alias and the team in force, where they were stated."""

    rep_id: str
    alias: str | None = None
    team: str | None = None


def window_answer(window: Window, calendar: BusinessCalendar) -> WindowAnswer:
    zone = calendar.zone.key
    if window.grain is Grain.DAY:
        return WindowAnswer(window.name, window.first_day(calendar), window.last_day(calendar), zone)
    return WindowAnswer(window.name, window.span.start, window.span.end - timedelta(seconds=1), zone)


def unit_name(kpi: Kpi, reporting_currency: str) -> str:
    """`EUR` for money, else what the value is."""
    return reporting_currency if kpi.unit is Unit.MONEY else kpi.unit.value
