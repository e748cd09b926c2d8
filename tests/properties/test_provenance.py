"""When things were heard, whatever the order of arrival and repetition; and what of it corrected a number late."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.common.events import Event
from services.common.windows import days_window
from services.kpi_stream.entities.provenance import PROVENANCE, Days
from services.kpi_stream.exporter.answers import Added, Behind, ExplainAnswer
from services.kpi_stream.exporter.explain import Explainer, Page
from services.kpi_stream.exporter.freshness import Freshness
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.folding import EntityName, Folder
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.cuts import ALL
from services.kpi_stream.state_version import StateVersion
from tests.support import provenance_oracle
from tests.support.engine import STATE, Engine
from tests.support.events import DECLARED
from tests.support.provenance_oracle import Told, Window
from tests.support.strategies import histories
from tests.support.world import engine_of, world

HERE = world(datetime(2027, 6, 1, 12, 0, tzinfo=UTC))
FIRST, LAST = date(2026, 10, 23), date(2026, 11, 24)
MINUTES = (0, 1, 30, 60 * 8, 60 * 15, 60 * 24, 60 * 36, 60 * 24 * 9, 60 * 24 * 60)
"""From what happened to when it is heard."""

WHOLE = Page("", 1000)

days = st.dates(FIRST, LAST)


def sendings(events: Sequence[Event], seed: int) -> list[Event]:
    """Each event up to three times, heard at different moments, in any order."""
    random = Random(seed)
    found = [
        msgspec.structs.replace(event, receivedat=event.time + timedelta(minutes=random.choice(MINUTES), seconds=0.7))
        for event in events
        for _ in range(random.choice((1, 1, 2, 3)))
    ]
    return random.sample(found, len(found))


class EngineReader:
    """Reads an engine's entities as the exporter reads those in Redis."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def entity_ids(self, state: StateVersion, kind: str, days: Sequence[int]) -> list[str]:
        return sorted(set().union(*(self._engine.index[kind, day] for day in days)))

    async def entities(
        self,
        state: StateVersion,
        names: Sequence[EntityName],
    ) -> AsyncIterator[tuple[EntityName, Any]]:
        for name in names:
            if name in self._engine.entities:
                yield name, self._engine.entities[name]


def explain(engine: Engine, kpi_id: str, window: Window, page: Page = WHOLE) -> ExplainAnswer:
    """What the read API tells of a number."""
    kpi = all_kpis()[kpi_id]
    folder = Folder(all_kpis().values(), DECLARED)
    explainer = Explainer(EngineReader(engine), folder, int(window.settles.total_seconds()))  # type: ignore[arg-type]
    asked = Query(kpi, kpi.cut(window.cut) or ALL, days_window(window.first, window.last, HERE.calendar), {})
    return asyncio.run(explainer.explain(asked, window.member, Moment(STATE, Freshness(()), HERE), page))


def told(behind: Behind, *, late_alone: bool = False) -> list[Told]:
    return sorted(
        Told(event.time, event.type, event.subject, event.id, event.revision, event.received)
        for event in behind.events
        if event.late or not late_alone
    )


@given(histories, st.integers(), st.integers(), st.integers())
def test_when_something_was_first_heard_stands_whatever_the_order(
    events: list[Event], seed: int, one: int, other: int
) -> None:
    sent = sendings(events, seed)
    found = [_entities(engine_of(Random(order).sample(sent, len(sent)), HERE.now)) for order in (one, other)]
    assert found[0] == found[1]


def _entities(engine: Engine) -> dict[EntityName, list[Any]]:
    """What entities keep of their own events."""
    heard = ("orders", "lent", "sales", "scores")  # with offsets, which are those of each log
    return {
        name: [getattr(entity, field) for field in entity.__struct_fields__ if field not in heard]  # type: ignore[attr-defined]
        for name, entity in engine.entities.items()
    }


@given(histories, st.integers())
def test_what_stands_behind_an_entity_is_what_a_recomputation_finds(events: list[Event], seed: int) -> None:
    sent = sendings(events, seed)
    ever = Days(0, 10**6)
    found = {}
    for name, entity in engine_of(sent, HERE.now).entities.items():
        if name.kind in PROVENANCE:
            own = [
                Told(
                    datetime.fromtimestamp(0, UTC) + timedelta(microseconds=said.at),
                    said.type,
                    name.id,
                    said.id,
                    said.revision,
                    datetime.fromtimestamp(said.received, UTC),
                )
                for said in PROVENANCE[name.kind].said(entity, ever)
            ]
            found[name.kind, name.id] = sorted(own)
    expected = provenance_oracle.told_of(sent)
    assert {name: own for name, own in found.items() if own} == expected


@given(histories, st.integers())
def test_when_people_answered_leaves_no_trace(events: list[Event], seed: int) -> None:
    of_people = [event for event in events if event.type in ("nps.answered", "survey.invited", "pulse.published")]
    one, other = (engine_of(sendings(of_people, each), HERE.now) for each in (seed, seed + 1))
    kinds = ("answer", "pulse")
    assert {n: e for n, e in one.entities.items() if n.kind in kinds} == {
        n: e for n, e in other.entities.items() if n.kind in kinds
    }


SALES = frozenset(all_kpis()["sales"].groups[0].measures)
CLOSINGS = frozenset(measure for group in all_kpis()["acquisition_rate"].groups for measure in group.measures)
KPIS = {
    "sales": (provenance_oracle.orders_behind, SALES),
    "acquisition_rate": (provenance_oracle.leads_behind, CLOSINGS),
}

members = st.sampled_from([("all", ""), ("rep", "ana"), ("region", "north")])
settling = st.sampled_from([timedelta(0), timedelta(hours=1)])


@given(histories, st.integers(), st.sampled_from(sorted(KPIS)), st.tuples(days, days), members, settling)
def test_late_corrections_are_those_of_a_recomputation(
    events: list[Event], seed: int, kpi: str, between: tuple[date, date], member: tuple[str, str], settles: timedelta
) -> None:
    sent = sendings(events, seed)
    recompute, measures = KPIS[kpi]
    window = Window(min(between), max(between), *member, measures, settles)
    entities = recompute(sent)
    late = provenance_oracle.late(entities, window)

    answer = explain(engine_of(sent, HERE.now), kpi, window)

    assert {each.id: told(each) for each in answer.entities} == {name: entities[name].told for name in late}
    assert {each.id: told(each, late_alone=True) for each in answer.entities} == late
    corrected = [each for each in answer.entities if each.corrected]
    assert {each.id for each in corrected} == {name for name, own in late.items() if own}
    assert answer.corrections.entities == len(corrected)
    assert _added_up(answer.corrections.adds or ()) == _added_up(added for each in corrected for added in each.adds)
    assert _added_up(answer.corrections.adds or ()) == _in_cells([entities[each.id] for each in corrected], window)


def _added_up(adds: Iterable[Added]) -> Counter[tuple[str, str]]:
    """What is added within the window, by measure and currency."""
    found: Counter[tuple[str, str]] = Counter()
    for added in adds:
        if added.span == "window":
            found.update({(measure, added.currency): value for measure, value in added.measures.items()})
    return _filled(found)


def _in_cells(entities: Iterable[provenance_oracle.Behind], window: Window) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for behind in entities:
        for cell, value in behind.cells.items():
            if provenance_oracle.is_asked_for(cell, window) and (cell.cut, cell.member) == (window.cut, window.member):
                found[cell.measure, cell.currency] += value
    return _filled(found)


def _filled(sums: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    return Counter({key: value for key, value in sums.items() if value})


@given(histories, st.integers(), st.sampled_from(["sales", "loyalty", "add_on_sales"]), st.booleans())
def test_pages_put_together_are_the_whole(events: list[Event], seed: int, kpi: str, only_corrected: bool) -> None:
    engine = engine_of(sendings(events, seed), HERE.now)
    window = Window(FIRST, LAST, "all", "", frozenset(), timedelta(0))
    whole = explain(engine, kpi, window)
    found, after = list[Behind](), ""
    while True:
        page = explain(engine, kpi, window, Page(after, 2, only_corrected))
        assert page.corrections == whole.corrections
        found += page.entities
        if not page.next:
            break
        after = page.next
    assert found == [each for each in whole.entities if each.corrected or not only_corrected]
