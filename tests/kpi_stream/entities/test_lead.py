"""A lead's standing, by the rules of docs/kpis.md: examples beside the properties of tests/properties."""

from typing import Any

from services.kpi_stream.entities.lead import (
    Lead,
    Loss,
    Win,
    first_rep,
    fold,
    hear_order,
    merge_notices,
    owner,
    standing,
)
from services.kpi_stream.entities.notices import Notice
from services.kpi_stream.entities.order_notices import OrderSnapshot
from services.kpi_stream.entities.statements import microseconds
from tests.support.events import PARIS, at, event


def lead(*events: tuple[str, str, dict[str, Any]], orders: tuple[OrderSnapshot, ...] = ()) -> Lead:
    """A lead from (type, time on the wall, data)."""
    found = Lead()
    for name, time, data in events:
        found = fold(found, event(f"lead.{name}", "L", at(time), **data), PARIS)
    for i, snapshot in enumerate(orders):
        found = hear_order(found, Notice("L", f"O{i}", i, snapshot), PARIS)
    return found


def us(time: str) -> int:
    return microseconds(at(time))


def placed(time: str, *, rep: str | None = None, net: int = 1000, living: bool = True) -> OrderSnapshot:
    return OrderSnapshot(living, us(time), rep, "EUR", net)


CREATED = ("created", "2026-11-01 10:00", {"rep_id": "ana"})


def test_a_new_lead_is_its_first_named_reps_and_its_owner_is_the_last() -> None:
    found = lead(
        ("created", "2026-11-01 10:00", {}),
        ("assigned", "2026-11-03 10:00", {"rep_id": "bob"}),
        ("assigned", "2026-11-02 10:00", {"rep_id": "ana"}),
    )
    assert first_rep(found) == "ana"
    assert owner(found) == "bob"


def test_a_rep_is_named_wherever_their_name_stands_in_the_alphabet() -> None:
    assert first_rep(lead(("created", "2026-11-01 10:00", {"rep_id": "zoe"}))) == "zoe"


def test_a_lead_without_statements_is_open() -> None:
    assert standing("L", lead(CREATED)) == (True, None, None)


def test_the_last_statement_decides() -> None:
    found = lead(
        CREATED, ("closed", "2026-11-05 10:00", {"outcome": "won"}), ("closed", "2026-11-06 10:00", {"outcome": "lost"})
    )
    assert standing("L", found).loss == Loss(us("2026-11-06 10:00"), "ana", None, None)


def test_at_one_instant_won_stands_above_lost_and_lost_above_reopened() -> None:
    time = "2026-11-05 10:00"
    closings = (("closed", time, {"outcome": "lost", "revision": 0}), ("reopened", time, {}))
    assert standing("L", lead(CREATED, *closings)).loss is not None
    assert standing("L", lead(CREATED, *closings, orders=(placed(time),))).win is not None


def test_a_repeat_order_does_not_move_a_win() -> None:
    found = lead(CREATED, orders=(placed("2026-11-05 10:00", rep="bob", net=700), placed("2026-11-09 10:00", net=900)))
    assert standing("L", found).win == Win(us("2026-11-05 10:00"), "bob", 700, "EUR")


def test_a_win_begins_anew_after_a_reopening_or_a_loss() -> None:
    won, again = (
        ("closed", "2026-11-03 10:00", {"outcome": "won", "rep_id": "ana"}),
        placed("2026-11-09 10:00", rep="bob"),
    )
    for between in (("reopened", "2026-11-05 10:00", {}), ("closed", "2026-11-05 10:00", {"outcome": "lost"})):
        assert standing("L", lead(CREATED, won, between, orders=(again,))).win == Win(again.at, "bob", 1000, "EUR")


def test_a_closing_takes_its_own_amount_else_that_of_its_first_order() -> None:
    order = placed("2026-11-06 10:00", net=700)
    named = ("closed", "2026-11-05 10:00", {"outcome": "won", "amount_minor": 500, "currency": "EUR"})
    unnamed = ("closed", "2026-11-05 10:00", {"outcome": "won"})
    assert standing("L", lead(CREATED, named, orders=(order,))).win == Win(us("2026-11-05 10:00"), "ana", 500, "EUR")
    assert standing("L", lead(CREATED, unnamed, orders=(order,))).win == Win(us("2026-11-05 10:00"), "ana", 700, "EUR")
    assert standing("L", lead(CREATED, unnamed)).win == Win(us("2026-11-05 10:00"), "ana", None, None)


def test_an_order_that_is_void_unwins_a_lead_that_only_it_had_won() -> None:
    void = placed("2026-11-05 10:00", living=False)
    assert standing("L", lead(CREATED, orders=(void,))) == (True, None, None)
    closed = ("closed", "2026-11-04 10:00", {"outcome": "won"})
    assert standing("L", lead(CREATED, closed, orders=(void,))).win is not None


def test_the_credit_is_the_closings_rep_else_the_owner_of_that_time() -> None:
    assigned = ("assigned", "2026-11-08 10:00", {"rep_id": "bob"})
    closed = ("closed", "2026-11-05 10:00", {"outcome": "won"})
    win = standing("L", lead(CREATED, assigned, closed)).win
    assert win is not None
    assert win.rep == "ana"


def test_an_invalid_lead_counts_for_nothing_until_it_is_reopened() -> None:
    invalid = ("closed", "2026-11-05 10:00", {"outcome": "invalid"})
    assert not standing("L", lead(CREATED, invalid)).counts
    assert standing("L", lead(CREATED, invalid, ("reopened", "2026-11-06 10:00", {}))) == (True, None, None)


def test_a_closing_that_is_restated_is_the_greater_revisions() -> None:
    time = "2026-11-05 10:00"
    found = lead(
        CREATED,
        ("closed", time, {"outcome": "lost", "revision": 2}),
        ("closed", time, {"outcome": "won", "revision": 1}),
    )
    assert standing("L", found).loss is not None


def test_a_lead_merged_into_itself_counts_as_not_merged() -> None:
    assert standing("L", lead(CREATED, ("merged", "2026-11-05 10:00", {"into_lead_id": "L"}))).counts
    assert not standing("L", lead(CREATED, ("merged", "2026-11-05 10:00", {"into_lead_id": "M"}))).counts


def test_a_merged_lead_lends_what_happened_to_it_but_not_that_it_was_invalid() -> None:
    """A system that deletes one of two leads to merge them says both, in any order."""
    won, invalid = ("2026-11-05 10:00", {"outcome": "won"}), ("2026-11-07 10:00", {"outcome": "invalid"})
    merged = ("merged", "2026-11-07 10:00", {"into_lead_id": "M"})
    ((own,),) = merge_notices("L", lead(CREATED, ("closed", *won), ("closed", *invalid), merged)).values()  # type: ignore[misc]
    assert [closing.outcome for closing in own.closings.values()] == ["won"]
