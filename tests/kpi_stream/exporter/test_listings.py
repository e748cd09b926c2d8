"""Targets, promotions and reps as they are listed."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.common.events import Event
from services.kpi_stream.entities.reference import Reference, fold
from services.kpi_stream.exporter.answers import RepAnswer
from services.kpi_stream.exporter.listings import promotions, reps, targets
from services.kpi_stream.kpis import all_kpis
from tests.support.events import PARIS, at, event, line
from tests.support.world import engine_of, run, world

NOW = at("2026-11-23 10:00")
MONTH = {"period": "month", "starts_on": "2026-11-01"}


def stated(events: Sequence[Event]) -> dict[str, Reference]:
    found: dict[str, Reference] = {}
    for each in events:
        found[each.subject] = fold(found.get(each.subject, Reference()), each, PARIS)
    return found


@given(st.dictionaries(st.integers(-10_000, 60), st.integers(0, 1000), min_size=1), st.randoms())
def test_a_target_is_what_was_said_last_and_tells_all_that_was_ever_said(said: dict[int, int], random: Random) -> None:
    """Minutes from now and values, in any order of arrival; what is still to come is told, and not in force."""
    events = [
        event("target.set", None, NOW + timedelta(minutes=minute), measure="new_leads", value=value, **MONTH)
        for minute, value in said.items()
    ]
    random.shuffle(events)
    past = [minute for minute in said if minute <= 0]
    found = targets(stated(events), all_kpis(), world(NOW))
    assert [target.value for target in found] == ([said[max(past)]] if past else [])
    for target in found:
        told = [(statement.time, statement.value) for statement in target.statements]
        assert told == [(NOW + timedelta(minutes=minute), said[minute]) for minute in sorted(said)]
        ids = {each.time: each.id for each in events}
        assert all(ids[statement.time] == statement.event_id for statement in target.statements)


def test_targets_stand_by_subject_with_whose_they_are_and_money_in_the_unit_of_its_rows() -> None:
    events = [
        event("target.set", None, NOW, measure="sales", value=1_234_567, team_id="north", **MONTH),
        event("target.set", None, NOW, measure="acquisition_rate", value=0.25, rep_id="a/b", **MONTH),
        event("target.set", None, NOW, measure="acquisition_rate", value=0.2, **MONTH),
    ]
    found = targets(stated(events), all_kpis(), world(NOW))
    assert [(each.subject, each.member, each.value, each.unit) for each in found] == [
        ("acquisition_rate/all/month/2026-11-01", {}, 0.2, "ratio"),
        ("acquisition_rate/rep%3Aa%2Fb/month/2026-11-01", {"rep_id": "a/b"}, 0.25, "ratio"),
        ("sales/team%3Anorth/month/2026-11-01", {"team_id": "north"}, Decimal("12345.67"), "EUR"),
    ]


def test_a_promotion_tells_how_it_was_moved() -> None:
    first = event("promotion.set", "xmas", NOW - timedelta(days=3), name="Noël", from_="2026-12-01", to="2026-12-24")
    moved = {"name": "Noël", "from_": "2026-12-02", "to": "2026-12-24", "channels": ["online"]}
    then = event("promotion.set", "xmas", NOW - timedelta(days=1), **moved)
    (found,) = promotions(stated([then, first]), world(NOW))
    assert (found.subject, found.id, found.name, found.first, found.channels) == (
        "xmas",
        "xmas",
        "Noël",
        "2026-12-02",
        ("online",),
    )
    assert [(each.first, each.channels, each.event_id) for each in found.statements] == [
        ("2026-12-01", (), first.id),
        ("2026-12-02", ("online",), then.id),
    ]


def test_reps_are_those_of_whom_something_was_stated_or_whom_a_number_names() -> None:
    known = [event("rep.set", "ana", NOW - timedelta(days=9), alias="Ana", team_id="blue")]
    counted = [
        event("lead.created", "l1", NOW, rep_id="bob"),
        event("lead.created", "l2", NOW),
        event("order.placed", "o1", NOW, channel="online", currency="EUR", lines=[line(1)], rep_id="cid"),
    ]
    found = run(reps(all_kpis(), world(NOW, known)), engine_of(counted, NOW), world(NOW, known))
    assert found == [RepAnswer("ana", "Ana", "blue"), RepAnswer("bob"), RepAnswer("cid")]
