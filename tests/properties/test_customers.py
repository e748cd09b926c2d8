"""Customers after any order of arrival: the cells of a recomputation, and that itself held against cases by hand."""

from collections import defaultdict
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.common.events import Event
from services.kpi_stream.entities import customer as customer_entity
from tests.support import loyalty_oracle
from tests.support.events import at, event, line
from tests.support.loyalty_oracle import MOST, add_customers
from tests.support.oracle import KPIS, OrderView, recompute
from tests.support.standing import Cells, group_events, latest
from tests.support.strategies import customer_histories
from tests.support.world import engine_after

KPI = ["loyalty"]
Counted = dict[tuple[str, str, str, str], int]
"""By measure, cut, member and day."""


def recomputed(*events: Event) -> Counted:
    """The cells of loyalty alone."""
    by_type, cells = group_events(events), defaultdict(int)
    add_customers(cells, by_type, {name: OrderView(name, by_type) for name in by_type["order.placed"]})
    return told(cells)


def told(cells: Cells) -> Counted:
    return {(c.measure, c.cut, c.member, c.day.isoformat()): value for c, value in cells.items() if value}


def order(name: str, time: str, customer: str = "C", **data: Any) -> Event:
    sold = {"channel": "online", "currency": "EUR", "lines": [line(100)], "customer_id": customer, **data}
    return event("order.placed", name, at(time), **sold)


def contact(name: str, time: str, medium: str = "mail", **data: Any) -> Event:
    return event("customer.contacted", "C", at(time), contact_id=name, medium=medium, **data)


def draw(time: str, group: str, campaign: str = "spring", **data: Any) -> Event:
    return event("customer.assigned", "C", at(time), campaign_id=campaign, group=group, **data)


def answer(name: str, time: str, score: int, **data: Any) -> Event:
    given = {"touchpoint": "shop", "customer_id": "C", **data}
    return event("nps.answered", name, at(time), score=score, **given)


def spells(found: Counted) -> Counted:
    measures = ("out", "contacted", "contacted_came_back", "others", "others_came_back")
    return {key: value for key, value in found.items() if key[0] in measures}


class TestTheRecomputation:
    """Cases worked out by hand, of 14, 90 and 90 days."""

    def test_each_order_tells_the_days_of_the_two_before_it(self) -> None:
        found = recomputed(
            order("O1", "2026-01-01 10:00"),
            order("O3", "2026-01-02 10:00"),
            order("O2", "2026-01-02 10:00"),  # at the same time the id decides: they change nothing
            order("O4", "2026-02-01 00:00"),
            order("P1", "2026-01-15 10:00", customer="D"),
        )
        assert {key: value for key, value in found.items() if key[0] != "out"} == {
            ("valid_orders", "all", "", "2026-01-01"): 1,
            ("valid_orders", "all", "", "2026-01-02"): 2,
            ("valid_orders", "all", "", "2026-01-15"): 1,
            ("valid_orders", "all", "", "2026-02-01"): 1,
            ("previous", "day", "2026-01-02", "2026-01-01"): 1,
            ("previous", "day", "2026-01-02", "2026-01-02"): 1,
            ("previous", "day", "2026-02-01", "2026-01-02"): 1,
            ("one_before", "day", "2026-01-02", "2026-01-01"): 1,
            ("one_before", "day", "2026-02-01", "2026-01-02"): 1,
            ("others", "all", "", "2026-04-30"): 1,
        }

    def test_only_orders_that_stand_whole_or_in_part_count(self) -> None:
        back = {"return_id": "r", "currency": "EUR"}
        found = recomputed(
            order("O1", "2026-01-01 10:00"),
            event("order.cancelled", "O1", at("2026-01-02 10:00")),
            order("O2", "2026-01-03 10:00"),
            event("order.returned", "O2", at("2026-01-04 10:00"), amount_minor=100, **back),
            order("O3", "2026-01-05 10:00"),
            event("order.returned", "O3", at("2026-01-06 10:00"), amount_minor=99, **back),
            order("O4", "2026-01-07 10:00", customer="D"),
            order("O4", "2026-01-07 10:00", customer="C", revision=1),
            order("O5", "2026-01-08 10:00"),
            event("order.placed", "O5", at("2026-01-08 10:00"), **_bare(), revision=1),
        )
        assert [key[3] for key in found if key[0] == "valid_orders"] == ["2026-01-05", "2026-01-07"]
        assert found["previous", "day", "2026-01-07", "2026-01-05"] == 1
        assert spells(found) == {("out", "all", "", "2026-04-20"): 1}

    def test_a_spell_lasts_to_the_end_of_day_104(self) -> None:
        found = recomputed(
            order("O1", "2026-01-01 10:00"),
            contact("k0", "2026-01-01 10:00", "stall", rep_id="bob"),  # at the very time of the order
            contact("k1", "2026-01-15 23:59", "phone", campaign_id="spring", rep_id="ana"),  # day 14
            contact("k2", "2026-01-03 10:00", "phone", rep_id="ana"),
            contact("k3", "2026-01-16 00:00", "visit"),  # day 15
            order("O2", "2026-04-15 23:59"),  # day 104
            order("O3", "2026-04-16 00:00"),  # day 105: opens the next
        )
        places = [("all", ""), ("medium", "phone"), ("campaign", "spring"), ("rep", "ana")]
        assert spells(found) == {
            **{("contacted", *place, "2026-04-16"): 1 for place in places},
            **{("contacted_came_back", *place, "2026-04-16"): 1 for place in places},
            ("others", "all", "", "2026-07-30"): 1,
        }

    def test_who_buys_again_before_the_landmark_is_out(self) -> None:
        bought = order("O1", "2026-01-01 10:00")
        out, stays = {("out", "all", "", "2026-04-16"): 1}, ("others", "all", "", "2026-04-16")
        assert spells(recomputed(bought, order("O2", "2026-01-15 23:59"), contact("k", "2026-01-02 10:00"))) == out
        assert spells(recomputed(bought, order("O2", "2026-01-01 10:00"))) == out
        came_back = spells(recomputed(bought, order("O2", "2026-01-16 00:00")))
        assert came_back == {stays: 1, ("others_came_back", "all", "", "2026-04-16"): 1}

    def test_a_contact_counts_as_it_stands(self) -> None:
        told_first = contact("k", "2026-01-02 10:00", "phone", rep_id="ana")
        corrected = contact("k", "2026-01-20 10:00", "mail", revision=1)
        found = spells(recomputed(order("O1", "2026-01-01 10:00"), corrected, told_first))
        assert found == {("others", "all", "", "2026-04-16"): 1}

    def test_a_draw_is_followed_for_90_days(self) -> None:
        found = recomputed(
            draw("2026-01-01 10:00", "contact"),
            draw("2026-01-01 09:59", "holdout"),  # the earliest stands
            draw("2026-01-01 10:00", "contact", "summer"),
            draw("2026-01-01 10:00", "holdout", "summer", revision=1),  # at the same time the greater revision
            draw("2026-01-01 10:00", "contact", "autumn"),
            contact("k1", "2026-01-01 09:59", campaign_id="spring"),  # at the very time of the draw
            contact("k2", "2026-04-02 00:00", campaign_id="summer"),  # day 91
            contact("k3", "2026-04-01 23:59", campaign_id="autumn"),  # day 90
            order("O1", "2026-01-01 10:00"),  # after the first draw alone
            order("O2", "2026-04-02 00:00"),  # day 91
        )
        assert {key: value for key, value in found.items() if key[1] == "campaign" and key[2] != ""} == {
            ("drawn_holdout", "campaign", "spring", "2026-01-01"): 1,
            ("due_holdout_reached", "campaign", "spring", "2026-04-02"): 1,
            ("due_holdout", "campaign", "spring", "2026-04-02"): 1,
            ("due_holdout_came_back", "campaign", "spring", "2026-04-02"): 1,
            ("drawn_holdout", "campaign", "summer", "2026-01-01"): 1,
            ("due_holdout", "campaign", "summer", "2026-04-02"): 1,
            ("drawn_contact", "campaign", "autumn", "2026-01-01"): 1,
            ("due_contact_reached", "campaign", "autumn", "2026-04-02"): 1,
            ("due_contact", "campaign", "autumn", "2026-04-02"): 1,
        }

    def test_a_score_is_of_one_who_was_contacted_in_the_90_days_before(self) -> None:
        found = recomputed(
            contact("k1", "2026-01-01 00:00"),
            answer("N1", "2026-01-01 00:00", 10),  # at the very time of the contact
            answer("N2", "2026-04-01 23:59", 9),  # day 90
            answer("N3", "2026-04-02 00:00", 8),
            answer("N4", "2026-01-02 10:00", 7),
            answer("N4", "2026-01-02 10:00", 6, revision=1),
            answer("N5", "2026-01-02 10:00", 5, customer_id=None),
            answer("N6", "2026-01-02 10:00", 4, customer_id="D"),
        )
        assert found == {
            ("other_s10", "all", "", "2026-01-01"): 1,
            ("contacted_s9", "all", "", "2026-04-01"): 1,
            ("other_s8", "all", "", "2026-04-02"): 1,
            ("contacted_s6", "all", "", "2026-01-02"): 1,
            ("other_s4", "all", "", "2026-01-02"): 1,
        }

    def test_a_crowd_counts_nowhere(self) -> None:
        """Nor does one whom some statement of so many orders ever named."""
        own = [order(f"O{i}", "2026-01-01 10:00") for i in range(MOST)]
        once_more = order("P", "2026-01-01 10:00")
        taken_back = event("order.placed", "P", at("2026-01-01 10:00"), **_bare(), revision=1)
        assert recomputed(*own)["valid_orders", "all", "", "2026-01-01"] == MOST
        assert recomputed(*own, once_more, taken_back) == {}


def _bare() -> dict[str, Any]:
    """An order of nobody that is known."""
    return {"channel": "online", "currency": "EUR", "lines": [line(100)]}


@given(customer_histories, st.integers())
def test_every_cell_is_that_of_a_recomputation(events: list[Event], seed: int) -> None:
    assert engine_after(events, seed).by_day(KPIS) == recompute(events)


@given(customer_histories, st.integers(), st.integers(0, 4))
def test_who_is_a_crowd_does_not_depend_on_the_order_of_arrival(events: list[Event], seed: int, most: int) -> None:
    with patch.object(customer_entity, "MOST", most), patch.object(loyalty_oracle, "MOST", most):
        assert engine_after(events, seed).by_day(KPIS) == recompute(events)


@given(customer_histories, st.integers())
def test_whom_an_order_or_an_answer_no_longer_names_it_leaves_no_trace_with(events: list[Event], seed: int) -> None:
    """The same as if statements that are outdone had named nobody."""
    by_type = group_events(events)
    told = [own for kind in ("order.placed", "nps.answered") for own in by_type[kind].values()]
    standing = [latest(own) for own in told]
    unnamed = [each if each in standing else _naming_nobody(each) for each in events]
    assert engine_after(events, seed).by_day(KPI) == engine_after(unnamed, seed).by_day(KPI)


def _naming_nobody(said: Event) -> Event:
    """An event without its customer, of the same rank."""
    return replace(said, data=replace(said.data, customer_id=None)) if hasattr(said.data, "customer_id") else said
