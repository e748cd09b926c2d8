"""Pipedrive: what its webhooks say, in any order, and which are taken for its own."""

import base64
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import Invalid, Malformed, Unauthenticated
from services.ingest.connectors.vendors.pipedrive import CONNECTOR
from tests.ingest.connectors.vendors.pipedrive_story import (
    ACCOUNT,
    ALL,
    ANA,
    BOB,
    CLEO,
    COMPANY,
    CREATED,
    DEAL,
    HANDED_ON,
    LOST,
    PERSONAL,
    REOPENED,
    SOURCE_FIELD,
    WON,
    change,
    counted,
    example,
    history,
    read,
    told,
)
from tests.support.any_json import ANY_BODY, mutated, reading_of, words_of
from tests.support.bits import flipped
from tests.support.engine import Cell, Engine
from tests.support.stories import delivery, in_every_order


def test_a_deal_that_is_handed_on_won_reopened_and_lost_gives_the_same_in_every_order() -> None:
    for engine in in_every_order(COMPANY, read(CREATED, HANDED_ON, WON, REOPENED, LOST)):
        assert counted(engine, "rep") == {
            ("leads", "ana", 2): 1,
            ("lost", "bob", 9): 1,
            ("lost_amount_minor", "bob", 9): 130_000,
        }
        assert counted(engine, "source") == {
            ("leads", "fair", 2): 1,
            ("lost", "fair", 9): 1,
            ("lost_amount_minor", "fair", 9): 130_000,
        }


def test_who_owned_it_when_it_was_won_keeps_the_win_whoever_has_it_later() -> None:
    after = change(
        "12T08:00", {"owner_id": BOB}, status="won", won_time="2026-11-05T08:00:00Z", owner_id=CLEO, value=1400
    )
    for engine in in_every_order(COMPANY, read(CREATED, HANDED_ON, WON, after)):
        assert counted(engine, "rep") == {
            ("leads", "ana", 2): 1,
            ("won", "bob", 5): 1,
            ("won_amount_minor", "bob", 5): 140_000,
        }


@pytest.mark.parametrize("missed", [0, 1])
def test_a_webhook_that_was_missed_is_made_up_for_by_those_that_follow(missed: int) -> None:
    arrived = [CREATED, HANDED_ON, WON]
    del arrived[missed]
    assert told(*arrived, cut="rep")["won", "bob", 5] == 1
    assert told(*arrived, cut="rep")["leads", "ana", 2] == 1


def test_an_automation_that_hands_a_deal_on_within_its_first_second_gives_it_to_the_second_owner() -> None:
    at_once = change("02T08:00", {"owner_id": ANA})
    for engine in in_every_order(COMPANY, read(CREATED, at_once)):
        assert counted(engine, "rep") == {("leads", "bob", 2): 1}


STEPS = st.lists(st.sampled_from(["ana", "bob", "cleo", "won", "lost", "open", "value", "restored"]), max_size=8)


@given(STEPS, st.randoms())
def test_whatever_happens_to_a_deal_comes_to_the_same_in_whatever_order_it_is_told(
    steps: list[str], random: Random
) -> None:
    webhooks, expected = history(steps)
    told_in_any_order = random.sample(webhooks, len(webhooks)) + random.choices(webhooks, k=3)
    assert told(*told_in_any_order, cut="rep") == expected


def test_a_deal_that_belongs_to_nobody_is_unassigned() -> None:
    nobodys = {**CREATED, "data": {**DEAL, "owner_id": None}}
    assert told(nobodys, cut="rep") == {("leads", "unassigned", 2): 1}


def test_a_deleted_deal_was_none_and_one_that_is_brought_back_counts_again() -> None:
    deleted = example("delete_deal")
    restored = change("21T08:00", {"is_deleted": True})
    for engine in in_every_order(COMPANY, read(CREATED, deleted)):
        assert counted(engine, "all") == {}
    for engine in in_every_order(COMPANY, read(CREATED, deleted, restored)):
        assert counted(engine, "all") == {("leads", "", 2): 1}


def test_a_deal_that_is_left_to_nobody_and_then_lost_is_nobodys_loss() -> None:
    left = change("04T08:00", {"owner_id": BOB}, owner_id=None)
    lost = change("09T08:00", {"status": "open"}, status="lost", owner_id=None, value=1300)
    for engine in in_every_order(COMPANY, read(CREATED, HANDED_ON, left, lost)):
        assert counted(engine, "rep") == {
            ("leads", "ana", 2): 1,
            ("lost", "unassigned", 9): 1,
            ("lost_amount_minor", "unassigned", 9): 130_000,
        }


def test_a_deal_that_does_not_say_whose_it_is_leaves_it_as_it_was() -> None:
    silent = change("09T08:00", {"status": "open"}, status="lost", value=1300)
    del silent["data"]["owner_id"]
    for engine in in_every_order(COMPANY, read(CREATED, HANDED_ON, silent)):
        assert counted(engine, "rep")["lost", "bob", 9] == 1


@pytest.mark.parametrize(
    ("closed", "outcome", "counts_on"),
    [(WON, {"status": "won", "won_time": "2026-11-05T08:00:00Z"}, 5), (LOST, {"status": "lost"}, 21)],
)
def test_a_closed_deal_that_is_brought_back_stands_as_before(
    closed: dict[str, Any], outcome: dict[str, Any], counts_on: int
) -> None:
    deleted = example("delete_deal")
    restored = change(
        "21T08:00", {"is_deleted": True}, **{**closed["data"], **outcome, "update_time": "2026-11-21T08:00:00Z"}
    )
    status = outcome["status"]
    for engine in in_every_order(COMPANY, read(CREATED, closed, deleted, restored)):
        assert counted(engine, "rep") == {
            ("leads", "ana", 2): 1,
            (status, "bob", counts_on): 1,
            (f"{status}_amount_minor", "bob", counts_on): 130_000,
        }


def merge(action: str, **meta: str) -> dict[str, Any]:
    event = example("delete_deal") if action == "delete" else change("20T09:00", {}, id=40)
    return {**event, "meta": {**event["meta"], "action": action, **meta}}


def test_merged_deals_count_once_and_the_win_of_one_is_the_others() -> None:
    other = {**CREATED, "data": {**DEAL, "id": 40, "owner_id": BOB}}
    gone, kept = merge("delete", merged_to_id="40"), merge("change", merged_from_id="41")
    for engine in in_every_order(COMPANY, read(CREATED, WON, other, gone, kept)):
        assert counted(engine, "all") == {("leads", "", 2): 1, ("won", "", 5): 1, ("won_amount_minor", "", 5): 130_000}
    for one in (gone, kept):
        assert told(CREATED, other, one) == {("leads", "", 2): 1}


def test_a_lead_that_is_converted_to_a_deal_counts_once() -> None:
    lead = example("change_lead")
    removed = {**example("delete_deal"), "meta": {**lead["meta"], "action": "delete"}}
    for engine in in_every_order(COMPANY, read(lead, CREATED, removed)):
        assert counted(engine, "kind") == {("leads", "opportunity", 2): 1}


def test_leads_and_deals_of_one_number_are_apart() -> None:
    lead = example("change_lead")
    lead["data"]["id"] = 41
    assert told(lead, CREATED, cut="kind") == {("leads", "lead", 3): 1, ("leads", "opportunity", 2): 1}


def test_an_activity_that_is_done_is_a_contact_and_no_more() -> None:
    activity = example("change_activity")
    (said,) = COMPANY.read(delivery(activity)).said
    assert (said.type, said.subject) == ("customer.contacted", COMPANY.names.customer(3))
    assert said.time == datetime(2026, 11, 4, 10, 15, tzinfo=UTC)
    told = msgspec.to_builtins(said.data)
    assert (told["contact_id"], told["medium"], told["rep_id"]) == ("activity/77", "call", "ana")


@pytest.mark.parametrize(
    ("changed", "ignored"),
    [({"done": False}, "it is not done yet"), ({"person_id": None}, "it is with nobody")],
)
def test_of_an_activity_that_is_no_contact_nothing_is_made(changed: dict[str, Any], ignored: str) -> None:
    activity = example("change_activity")
    activity["data"] |= changed
    reading = COMPANY.read(delivery(activity))
    assert (reading.said, reading.ignored) == ((), ignored)


@pytest.mark.parametrize(
    "body",
    [
        {
            "v": 1,
            "meta": {"action": "updated", "object": "deal", "id": 9},
            "current": {"id": 9},
            "event": "updated.deal",
        },
        {"meta": {"action": "added", "object": "deal"}, "current": {}},
    ],
)
def test_version_1_is_ignored_and_the_mend_is_told(body: dict[str, Any]) -> None:
    reading = COMPANY.read(delivery(body))
    assert reading.said == ()
    assert "version 2.0" in reading.ignored


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_a_moment_at_either_end_of_the_calendar_is_read(moment: str) -> None:
    (created, _) = COMPANY.read(delivery({**CREATED, "data": {**DEAL, "add_time": moment}})).said
    assert created.time == datetime.fromisoformat(moment)


@pytest.mark.parametrize("entity", ["person", "organization", "note", "deal_product", ""])
def test_other_objects_are_ignored(entity: str) -> None:
    reading = COMPANY.read(delivery({**CREATED, "meta": {**CREATED["meta"], "entity": entity}}))
    assert reading.said == ()
    assert "only deals" in reading.ignored


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [(1200.5, "EUR", 120_050), ("1200.50", "EUR", 120_050), (123, "JPY", 123), (1.234, "KWD", 1234), (0, "EUR", None)],
)
def test_values_are_exact_in_the_minor_unit_of_their_currency(value: Any, currency: str, minor: int | None) -> None:
    deal = {**CREATED, "data": {**DEAL, "value": value, "currency": currency}}
    (created, _) = COMPANY.read(delivery(deal)).said
    assert created.data.amount_minor == minor  # type: ignore[attr-defined]


def test_a_status_that_is_none_is_refused() -> None:
    with pytest.raises(Invalid, match="'parked' is no status"):
        COMPANY.read(delivery({**CREATED, "data": {**DEAL, "status": "parked"}}))


def test_an_activity_takes_place_when_it_was_marked_or_changed_and_must_say_so() -> None:
    activity = example("change_activity")
    activity["data"] |= {"marked_as_done_time": "", "update_time": "2026-11-04T11:00:00Z"}
    (said,) = COMPANY.read(delivery(activity)).said
    assert said.time == datetime(2026, 11, 4, 11, tzinfo=UTC)
    activity["data"]["update_time"] = None
    with pytest.raises(Invalid, match="marked_as_done_time"):
        COMPANY.read(delivery(activity))


@pytest.mark.parametrize(("value", "currency"), [(1.005, "EUR"), (1.5, "JPY"), (1, "PTS"), ("NaN", "EUR")])
def test_a_value_that_its_currency_does_not_know_is_refused(value: Any, currency: str) -> None:
    with pytest.raises(Invalid):
        COMPANY.read(delivery({**CREATED, "data": {**DEAL, "value": value, "currency": currency}}))


@pytest.mark.parametrize(
    ("data", "source"),
    [
        ({}, "fair"),
        ({"custom_fields": {SOURCE_FIELD: 17}}, "fair"),
        ({"custom_fields": {SOURCE_FIELD: {"type": "text", "value": "Radio"}}}, "Radio"),
        ({"custom_fields": {SOURCE_FIELD: "x" * 300}}, "x" * 100),
        ({"custom_fields": {}}, "52"),
        ({"custom_fields": None, "channel": None}, "ManuallyCreated"),
        ({"custom_fields": {SOURCE_FIELD: ""}, "channel": None, "origin": None}, None),
    ],
)
def test_a_source_is_found_in_the_custom_field_the_channel_or_the_origin(
    data: dict[str, Any], source: str | None
) -> None:
    (created, _) = COMPANY.read(delivery({**CREATED, "data": {**DEAL, **data}})).said
    assert created.data.source == source  # type: ignore[attr-defined]


@pytest.mark.parametrize("stamp", ["2026-11-20T09:00:00.000Z", 1795165200, 1795165200000, "1795165200"])
def test_the_moment_of_a_deletion_is_read_however_it_is_written(stamp: str | int) -> None:
    deleted = example("delete_deal")
    (said,) = COMPANY.read(delivery({**deleted, "meta": {**deleted["meta"], "timestamp": stamp}})).said
    assert said.time == datetime(2026, 11, 20, 9, tzinfo=UTC)


# Who sends.

PASSWORD = "pipedrive:a long pass:word"


def authorised(user_and_password: str, scheme: str = "Basic ") -> dict[str, str]:
    return {"authorization": scheme + base64.b64encode(user_and_password.encode()).decode()}


def test_only_who_knows_the_password_is_taken() -> None:
    signed = delivery(CREATED, authorised(PASSWORD))
    CONNECTOR.verify(signed, ACCOUNT, [PASSWORD])
    CONNECTOR.verify(signed, ACCOUNT, ["the:next", PASSWORD])
    for headers in (
        {},
        authorised("pipedrive:another"),
        authorised(PASSWORD, "Bearer "),
        {"authorization": "Basic %%"},
    ):
        with pytest.raises(Unauthenticated):
            CONNECTOR.verify(signed._replace(headers=headers), ACCOUNT, [PASSWORD])


@given(st.integers(0, len(PASSWORD) * 8 - 1))
def test_one_bit_of_the_password_makes_the_difference(bit: int) -> None:
    header = "Basic " + base64.b64encode(flipped(PASSWORD.encode(), bit)).decode()
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(delivery(CREATED, {"authorization": header}), ACCOUNT, [PASSWORD])


# Whatever comes.


@pytest.mark.parametrize("body", ALL, ids=lambda body: f"{body['meta']['action']}.{body['meta']['entity']}")
def test_nobody_is_named_in_what_goes_on(body: dict[str, Any]) -> None:
    held = words_of(COMPANY.read(delivery(body)))
    assert [name for name in PERSONAL if name in held] == []


@given(st.one_of(ANY_BODY, *(mutated(body) for body in ALL)))
def test_whatever_comes_is_read_or_refused(body: object) -> None:
    reading_of(COMPANY, body)


@given(st.binary(max_size=40))
def test_what_is_no_json_is_refused(body: bytes) -> None:
    reading_of(COMPANY, body)
    with pytest.raises(Malformed):
        COMPANY.read(delivery(b"{" + body.replace(b"}", b"")))


def test_the_day_of_the_zone_counts() -> None:
    late = {**CREATED, "data": {**DEAL, "add_time": "2026-11-02T23:30:00Z", "update_time": "2026-11-02T23:30:00Z"}}
    engine = Engine()
    COMPANY.feed(read(late), engine)
    engine.run(Random(1))
    assert engine.by_day(["new_leads"])[Cell("leads", "", "all", "", date(2026, 11, 3))] == 1
