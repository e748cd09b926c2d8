"""From entities to what is told of them as standing behind a number. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from services.common.calendar import BusinessCalendar
from services.kpi_stream.entities.provenance import Days, Said
from services.kpi_stream.entities.statements import instant_of
from services.kpi_stream.exporter.answers import Added, Behind, Corrections, EventBehind
from services.kpi_stream.exporter.corrections import FirstShown
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.folding import EntityName
from services.kpi_stream.kpis.kpi import Spans, Subject
from services.kpi_stream.measures import Fact, day_at, day_ordinal

MOST_EVENTS = 100
"""Of an entity so many events are told at most."""


class Question(NamedTuple):
    """Which number is explained: whose, over which spans, at which moment."""

    query: Query
    subject: Subject
    spans: Spans
    moment: Moment

    @property
    def calendar(self) -> BusinessCalendar:
        return self.moment.world.calendar

    @property
    def days(self) -> Days:
        """Those of the window."""
        window = self.query.window
        return Days(day_ordinal(window.first_day(self.calendar)), day_ordinal(window.last_day(self.calendar)))


class Counted(NamedTuple):
    """An entity that counts on some `days` for the number that is explained, on others for another member's: `anyones`
    are all of them. `adds`: to the number that is explained."""

    name: EntityName
    entity: Any
    days: frozenset[int]
    anyones: frozenset[int]
    adds: Sequence[Added]


class Heard(NamedTuple):
    """A statement, and of which entity it was made."""

    subject: str
    said: Said


class Found(NamedTuple):
    """An entity that counts, and what was heard of it and of those who told it something."""

    counted: Counted
    heard: Sequence[Heard]


def count(name: EntityName, entity: Any, facts: Iterable[Fact], question: Question) -> Counted:
    """What an entity's facts add to a number, by span and currency; measures that come to nothing are left out.

    To a level all count that came before the span's end, and on its last day.
    """
    query, zone = question.query, question.calendar.zone
    members, listed = {(query.cut.cell_cut, name) for name in question.subject.members}, query.kpi.listed
    bounds = [(key, span.start.timestamp(), int(span.end.timestamp())) for key, span in question.spans.items()]
    days, anyones = set[int](), set[int]()
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for fact in facts:
        if fact.group not in listed or not any(fact.values):
            continue
        is_of_member = not members.isdisjoint(fact.members)
        for span_name, start, end in bounds:
            if fact.at >= end or (fact.at < start and not fact.group.is_level):
                continue
            day = day_at(end - 1 if fact.group.is_level else fact.at, zone)
            anyones.add(day)
            if is_of_member:
                days.add(day)
                _add(sums, span_name, fact.currency, zip(fact.group.measures, fact.values, strict=True))
    return Counted(name, entity, frozenset(days), frozenset(anyones), _told(sums))


Sums = dict[tuple[str, str], dict[str, int]]
"""Measures by span and currency."""


def _add(sums: Sums, span: str, currency: str, measures: Iterable[tuple[str, int]]) -> None:
    into = sums.setdefault((span, currency), {})
    for measure, value in measures:
        into[measure] = into.get(measure, 0) + value


def _told(sums: Sums) -> list[Added]:
    told = ((key, {m: v for m, v in measures.items() if v}) for key, measures in sums.items())
    return [Added(span, currency, measures) for (span, currency), measures in told if measures]


def is_corrected(found: Found, shown: FirstShown) -> bool:
    """Is anything that was heard of it a late correction?"""
    return any(shown.is_late(said, found.counted.days) for _, said in found.heard)


def corrections_of(corrected: Sequence[Found]) -> Corrections:
    """How many entities were corrected, and what they add."""
    sums: Sums = {}
    for found in corrected:
        for added in found.counted.adds:
            _add(sums, added.span, added.currency, added.measures.items())
    return Corrections(len(corrected), _told(dict(sorted(sums.items()))))


def tell(found: Found, question: Question, shown: FirstShown | None) -> Behind:
    """What is told of an entity; what was late, if it is known when the number was shown."""
    counted = found.counted
    events = [
        _event(heard, None if shown is None else shown.is_late(heard.said, counted.days)) for heard in found.heard
    ]
    chosen = sorted(events, key=lambda event: (not event.late, -event.time.timestamp()))[:MOST_EVENTS]
    return Behind(
        kind=counted.name.kind,
        id=counted.name.id,
        adds=counted.adds,
        events=sorted(chosen, key=lambda event: (event.time, event.type, event.subject, event.id)),
        corrected=any(event.late for event in events),
        more_events=len(events) > MOST_EVENTS,
        details=question.query.kpi.describe(counted.entity, question.subject, question.days.last),
    )


def _event(heard: Heard, late: bool | None) -> EventBehind:
    said = heard.said
    return EventBehind(
        type=said.type,
        subject=heard.subject,
        id=said.id,
        time=instant_of(said.at),
        received=datetime.fromtimestamp(said.received, UTC),
        late=late,
        revision=said.revision,
    )
