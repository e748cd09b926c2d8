"""A world to read numbers against, and a reader of an engine's cells: what the exporter does, without Redis."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any

from services.common.calendar import BusinessCalendar, public_holidays
from services.common.events import Event
from services.common.windows import days_window, named_window
from services.kpi_stream.cells import Reporting, counts_by_day, stretches, total
from services.kpi_stream.entities.reference import Reference, fold
from services.kpi_stream.folding import EntityName
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.cuts import ALL
from services.kpi_stream.kpis.requests import Asking, CountsByDay, EntitiesNamed, EntitiesOn, MembersOf, Sum, T
from services.kpi_stream.kpis.world import ReferenceBook, World
from services.kpi_stream.measures import CELLS_PER_STRING, Address, day_ordinal
from services.kpi_stream.rows import Row, row_with_related, subjects
from tests.support.engine import Engine
from tests.support.events import PARIS, RECEIVED, at

EMPTY = [0] * CELLS_PER_STRING
WEEK = {day: ["09:00-19:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}


def world(now: str | datetime, statements: Iterable[Event] = ()) -> World:
    """The world at a moment, with what was stated."""
    moment = at(now) if isinstance(now, str) else now
    by_type: dict[str, dict[str, Reference]] = {}
    for event in statements:
        own = by_type.setdefault(event.type, {})
        own[event.subject] = fold(own.get(event.subject, Reference()), event, PARIS)
    book = ReferenceBook(by_type, moment)
    calendar = BusinessCalendar(
        PARIS,
        is_holiday=public_holidays("FR").__contains__,
        weekly_hours=WEEK,
        online_channels=["online"],
        stated=book.opening_times(),
    )
    return World(now=moment, calendar=calendar, book=book, reporting_currency="EUR")


def run(asking: Asking[T], engine: Engine, here: World) -> T:
    """Carry out a computation on an engine's cells."""
    reporting, strings = Reporting("EUR", here.calendar, here.convert), _strings(engine)
    try:
        requests = next(asking)
        while True:
            requests = asking.send([_answer(request, engine, strings, reporting) for request in requests])
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]


Strings = Mapping[Address, list[int]]


def _strings(engine: Engine) -> Strings:
    """An engine's cells as Redis keeps them."""
    strings: defaultdict[Address, list[int]] = defaultdict(EMPTY.copy)
    for (address, position), value in engine.cells.items():
        strings[address][position] = value
    return dict(strings)


def _answer(request: Any, engine: Engine, strings: Strings, reporting: Reporting) -> Any:
    if isinstance(request, MembersOf):
        groups = (request.group.name, f"{request.group.name}.")
        names = [a for a in strings if a.group == groups[0] or a.group.startswith(groups[1])]
        return {address.member for address in names if address.cut == request.cut}
    if isinstance(request, EntitiesOn):
        ids = engine.index[request.kind, day_ordinal(request.day)]
        return [engine.entities[EntityName(request.kind, each)] for each in sorted(ids)]
    if isinstance(request, EntitiesNamed):
        named = {each: EntityName(request.kind, each) for each in request.ids}
        return {each: engine.entities[name] for each, name in named.items() if name in engine.entities}
    codes = ("", "EUR", "GBP", "USD")
    wanted = {each.address: strings.get(each.address, EMPTY) for each in stretches(request, codes, reporting)}
    if isinstance(request, CountsByDay):
        return counts_by_day(request, codes, wanted, reporting)
    assert isinstance(request, Sum)
    return total(request, codes, wanted, reporting)


def rows(
    kpi_id: str, engine: Engine, here: World, *, window: str = "mtd", by: str = "", **options: str
) -> dict[str, Row]:
    """A KPI's rows by member; a window is a name, or two days with a slash between."""
    kpi = all_kpis()[kpi_id]
    first, _, last = window.partition("/")
    days = (datetime.fromisoformat(day).date() for day in (first, last))
    chosen = days_window(*days, here.calendar) if last else named_window(window, here.now, here.calendar)
    cut = kpi.cut(by) or ALL
    found = run(subjects(kpi, cut, chosen, here, options), engine, here)
    made = {subject.member: run(row_with_related(kpi, subject, here), engine, here) for subject in found}
    return {member: row for member, row in made.items() if row is not None}


def total_row(kpi_id: str, engine: Engine, here: World, **query: Any) -> Row:
    """The row of all."""
    return rows(kpi_id, engine, here, **query)[""]


def engine_of(events: Iterable[Event], now: datetime) -> Engine:
    """An engine that has applied everything."""

    engine = Engine(now=int(now.timestamp()))
    engine.publish(events)
    engine.run(Random(1))
    assert engine.unapplied == []
    return engine


def engine_after(events: Sequence[Event], seed: int, now: datetime = RECEIVED) -> Engine:
    """Shuffled, some of them twice, in batches of any size, some of them taken by a zombie as well."""
    random = Random(seed)
    arrived = [*events, *(random.choice(events) for _ in range(5) if events)]
    random.shuffle(arrived)
    engine = Engine(now=int(now.timestamp()))
    engine.publish(arrived)
    engine.run(random)
    assert engine.unapplied == []
    return engine
