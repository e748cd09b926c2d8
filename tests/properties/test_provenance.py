"""When things were heard, whatever the order of arrival and repetition; and what of it corrected a number late."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.common.events import Event
from services.kpi_stream.entities.provenance import PROVENANCE, Days
from services.kpi_stream.exporter.answers import Added, Behind, ExplainAnswer
from services.kpi_stream.exporter.explain import Page
from services.kpi_stream.folding import EntityName
from services.kpi_stream.kpis import all_kpis
from tests.support import provenance_oracle
from tests.support.engine import Engine
from tests.support.explaining import explain
from tests.support.provenance_oracle import Told, Window
from tests.support.strategies import few_or_many, histories, lead_events, order_events
from tests.support.world import engine_of, world

HERE = world(datetime(2027, 6, 1, 12, 0, tzinfo=UTC))
FIRST, LAST = date(2026, 10, 23), date(2026, 11, 24)
MINUTES = (0, 1, 30, 60 * 8, 60 * 15, 60 * 24, 60 * 36, 60 * 24 * 9, 60 * 24 * 60)
"""From what happened to when it is heard."""

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


def explained(sent: Sequence[Event], kpi: str, window: Window) -> ExplainAnswer:
    return explain(
        engine_of(sent, HERE.now),
        HERE,
        kpi,
        (window.first, window.last),
        by=window.cut,
        member=window.member,
        settles=window.settles,
    )


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


KPIS = {
    kpi: frozenset(measure for group in all_kpis()[kpi].groups for measure in group.measures)
    for kpi in ("sales", "acquisition_rate")
}
orders_alone = few_or_many(order_events())
leads_and_orders = few_or_many(st.one_of(lead_events(), lead_events(), order_events()))
windows = st.just((FIRST, LAST)) | st.tuples(days, days).map(lambda pair: (min(pair), max(pair)))
members = st.sampled_from([("all", ""), ("all", ""), ("rep", "ana"), ("region", "north")])
settling = st.sampled_from([timedelta(0), timedelta(hours=1)])


@given(orders_alone, st.integers(), windows, members, settling)
def test_late_corrections_of_sales_are_those_of_a_recomputation(
    events: list[Event], seed: int, between: tuple[date, date], member: tuple[str, str], settles: timedelta
) -> None:
    sent = sendings(events, seed)
    window = Window(*between, *member, KPIS["sales"], settles)
    answer = explained(sent, "sales", window)
    _are_recomputed(answer, provenance_oracle.orders_behind(sent), window)


@given(leads_and_orders, st.integers(), windows, members, settling)
def test_so_are_those_of_leads_that_others_told_something(
    events: list[Event], seed: int, between: tuple[date, date], member: tuple[str, str], settles: timedelta
) -> None:
    sent = sendings(events, seed)
    window = Window(*between, *member, KPIS["acquisition_rate"], settles)
    answer = explained(sent, "acquisition_rate", window)
    _are_recomputed(answer, provenance_oracle.leads_behind(sent), window)


def _are_recomputed(answer: ExplainAnswer, entities: Mapping[str, provenance_oracle.Behind], window: Window) -> None:
    late = provenance_oracle.late(entities, window)
    assert {each.id: told(each) for each in answer.entities} == {name: entities[name].told for name in late}
    assert {each.id: told(each, late_alone=True) for each in answer.entities} == late
    corrected = [each for each in answer.entities if each.corrected]
    assert {each.id for each in corrected} == {name for name, own in late.items() if own}
    assert answer.corrections.entities == len(corrected)
    summed = _added_up(answer.corrections.adds or ())
    assert summed == _added_up(added for each in corrected for added in each.adds)
    assert summed == _in_cells([entities[each.id] for each in corrected], window)


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
    whole = explain(engine, HERE, kpi, (FIRST, LAST))
    found, after = list[Behind](), ""
    while True:
        page = explain(engine, HERE, kpi, (FIRST, LAST), page=Page(after, 2, only_corrected))
        assert page.corrections == whole.corrections
        found += page.entities
        if not page.next:
            break
        after = page.next
    assert found == [each for each in whole.entities if each.corrected or not only_corrected]
