"""What stands behind a number: examples beside the properties of tests/properties/test_provenance.py."""

from collections.abc import Iterable
from datetime import date, timedelta
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from services.common.errors import Malformed
from services.common.events import Event
from services.kpi_stream.exporter import explain as explain_module
from services.kpi_stream.exporter.answers import Corrections, ExplainAnswer, Unknown
from services.kpi_stream.exporter.behind import MOST_EVENTS
from services.kpi_stream.exporter.explain import Page
from tests.support.events import at, event, line
from tests.support.explaining import WHOLE, explain
from tests.support.world import engine_of, world

HERE = world("2026-11-23 12:00")
DAY = date(2026, 11, 2)
TWO = Page("", 2)


def heard(received: str, sent: Event) -> Event:
    """An event, taken in at a time on the wall."""
    return replace(sent, receivedat=at(received))


def order(name: str, received: str, time: str = "2026-11-02 10:00", **data: object) -> Event:
    sold = {"channel": "x", "currency": "EUR", "lines": [line(1_000)], "rep_id": "ana"}
    return heard(received, event("order.placed", name, at(time), event_id=f"{name}-placed", **sold, **data))


def sales(events: Iterable[Event], *, settles: timedelta = timedelta(0), page: Page = WHOLE) -> ExplainAnswer:
    return explain(engine_of(events, HERE.now), HERE, "sales", (DAY, DAY), settles=settles, page=page)


def corrected(answer: ExplainAnswer) -> list[str]:
    return [each.id for each in answer.entities if each.corrected]


def test_a_day_is_shown_when_it_has_closed() -> None:
    told = [order("A", "2026-11-02 10:01"), order("B", "2026-11-02 23:59:59"), order("C", "2026-11-03 00:00:01")]
    assert corrected(sales(told)) == ["C"]


def test_and_when_something_of_it_has_been_heard() -> None:
    imported = [order("A", "2026-11-09 10:00"), order("B", "2026-11-09 10:59"), order("C", "2026-11-09 11:01")]
    assert corrected(sales(imported, settles=timedelta(hours=1))) == ["C"]


def test_a_number_is_corrected_for_whomever_it_counts() -> None:
    told = [order("A", "2026-11-02 10:01"), order("B", "2026-11-09 10:00", region="north")]
    engine = engine_of(told, HERE.now)
    assert corrected(explain(engine, HERE, "sales", (DAY, DAY), by="region", member="north")) == ["B"]


def test_of_too_many_nothing_is_told_of_corrections() -> None:
    told = [order(name, "2026-11-09 10:00") for name in "ABC"]
    with patch.object(explain_module, "MOST", 2):
        first = sales(told, page=TWO)
        second = sales(told, page=Page(first.next or "", 2))
        with pytest.raises(Malformed) as refused:
            sales(told, page=Page("", 2, only_corrected=True))
    assert first.corrections == Corrections(None, None, (Unknown.TOO_MANY,))
    assert [each.id for each in (*first.entities, *second.entities)] == ["A", "B", "C"]
    assert [event.late for each in first.entities for event in each.events] == [None, None]
    assert second.next is None
    assert (refused.value.field, bool(refused.value.mend)) == ("corrected", True)


def test_those_who_told_an_entity_something_count_as_well() -> None:
    told = [order(name, "2026-11-03 10:00", customer_id="c") for name in "ABC"]
    with patch.object(explain_module, "MOST", 2):
        answer = explain(engine_of(told, HERE.now), HERE, "loyalty", (DAY, DAY))
    assert answer.corrections.flags == (Unknown.TOO_MANY,)
    assert [event.subject for event in answer.entities[0].events] == ["A", "B", "C"]


def test_of_very_many_events_the_late_ones_are_told_first() -> None:
    back = {"currency": "EUR", "amount_minor": 1}
    returned = [
        heard(received, event("order.returned", "A", at("2026-11-02 11:00"), event_id=name, return_id=name, **back))
        for name, received in (
            ("late", "2026-11-09 10:00"),
            *((f"r{i}", "2026-11-02 12:00") for i in range(MOST_EVENTS)),
        )
    ]
    (behind,) = sales([order("A", "2026-11-02 10:01"), *returned]).entities
    assert len(behind.events) == MOST_EVENTS
    assert behind.more_events
    assert [event.id for event in behind.events if event.late] == ["late"]


def test_a_price_corrects_the_closes_that_were_shown_without_it() -> None:
    pairs = [{"pair_id": "p", "competitor": "acme", "interval_s": 3600}]
    read = {"pair_id": "p", "competitor": "acme", "verdict": "trusted", "price_minor": 100, "currency": "EUR"}
    said = [
        event("product.watched", "LAMP", at("2026-10-01 10:00"), pairs=pairs),
        event("price.own", "LAMP", at("2026-10-01 10:00"), price_minor=120, currency="EUR"),
        event("price.observed", "LAMP", at("2026-11-01 10:00"), **read),
    ]
    on_time = [heard("2026-10-01 10:01", each) for each in said[:2]]
    engine = engine_of([*on_time, heard("2026-11-05 10:00", said[2])], HERE.now)
    for day, late in ((4, True), (5, False)):
        answer = explain(engine, HERE, "competitor_prices", (date(2026, 11, day), date(2026, 11, day)))
        (product,) = answer.entities
        assert [event.type for event in product.events] == ["price.own", "product.watched", "price.observed"]
        assert [event.late for event in product.events] == [False, False, late]
