"""HubSpot's API: whole objects say what events said one by one."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.events.leads import LeadCreated, LeadMerged
from services.ingest.connectors.connector import Wanted
from services.ingest.connectors.reading.payloads import milliseconds
from tests.ingest.connectors.vendors.hubspot_crm import (
    AGAIN,
    CREATED,
    LOST,
    MOVED,
    OBJECTS,
    REPS,
    WON,
    Versions,
    by_day,
    events_of,
    hubspot,
    item,
    life,
    object_said,
    snapshot,
    stamp,
    teller,
    won_and_lost,
)
from tests.support.engine import Engine
from tests.support.events import PARIS
from tests.support.pulling import fetched
from tests.support.stories import delivery, in_every_order
from tests.support.vendor_server import VendorServer, running_vendor


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with running_vendor(hubspot) as running:
        yield running


def test_a_deal_comes_with_its_source_its_amount_its_owners_and_how_it_stood(server: VendorServer) -> None:
    deals = teller(server, sources={"ORGANIC_SEARCH": "web"})
    (reading,) = fetched(deals, Wanted("deal", "7001"))
    created = reading.said[0].data
    assert isinstance(created, LeadCreated)
    assert (created.kind, created.source, created.amount_minor, created.currency) == (
        "opportunity",
        "web",
        120000,
        "EUR",
    )
    assert created.customer_id == deals.names.customer("9001")
    assert [(one.type, one.time) for one in reading.said[1:]] == [
        ("lead.assigned", CREATED),
        ("lead.assigned", MOVED),
        ("lead.closed", WON),
        ("lead.reopened", AGAIN),
        ("lead.closed", LOST),
    ]
    won, lost = (one.data for one in reading.said if one.type == "lead.closed")
    assert (won.outcome, won.amount_minor) == ("won", 100000)  # type: ignore[attr-defined]
    assert (lost.outcome, lost.amount_minor) == ("lost", 120000)  # type: ignore[attr-defined]


def test_with_events_before_or_after_it_is_the_same_lead(server: VendorServer) -> None:
    deals = teller(server)
    webhooks = [deals.read(delivery([one])) for one in events_of(won_and_lost())]
    completed = fetched(deals, Wanted("deal", "7001"))
    for engine in in_every_order(deals, [*webhooks, *completed], most=60):
        assert by_day(engine) == {
            ("leads", "", CREATED.date()): 1,
            ("lost", "", LOST.date()): 1,
            ("lost_amount_minor", "", LOST.date()): 120000,
        }
        assert by_day(engine, "rep")["lost", "bob", LOST.date()] == 1
        assert by_day(engine, "rep")["leads", "ana", CREATED.date()] == 1


states = st.lists(
    st.tuples(
        st.integers(1, 2 * 86_400_000), st.sampled_from(["open", "won", "lost"]), st.sampled_from(["501", "502", ""])
    ),
    min_size=1,
    max_size=6,
)


@given(states, st.randoms(use_true_random=False))
def test_any_life_is_told_the_same_by_events_and_by_the_object_at_any_time(
    steps: list[tuple[int, str, str]], random: Random
) -> None:
    """In any order: its events, what the object was at some times of its life, and at its end."""
    histories: dict[str, Versions] = {"hubspot_owner_id": [], "hs_is_closed": [], "hs_is_closed_won": []}
    at, before = CREATED, "open"
    closing: dict[tuple[str, str, Any], int] = {}
    seen = [snapshot(at, histories)]
    for later, state, owner in steps:
        at += timedelta(milliseconds=later)
        for name, value in (
            ("hubspot_owner_id", owner),
            ("hs_is_closed", "false" if state == "open" else "true"),
            ("hs_is_closed_won", "true" if state == "won" else "false"),
        ):
            if not histories[name] or histories[name][-1][1] != value:
                histories[name].append((at, value))
        if state != before:
            closing = (
                {} if state == "open" else {(state, REPS.get(owner, "unassigned"), at.astimezone(PARIS).date()): 1}
            )
        before = state
        seen.append(snapshot(at, histories))
    deals = teller()
    events = [deals.read(delivery([one])) for one in events_of(seen[-1])]
    objects = [object_said(deals, one) for one in random.sample(seen, random.randint(0, len(seen)))]
    readings = [*events, *objects, object_said(deals, seen[-1])]
    random.shuffle(readings)
    engine = Engine()
    deals.feed(readings, engine)
    engine.run(random)
    found = {key: n for key, n in by_day(engine, "rep").items() if key[0] != "leads"}
    assert found == closing
    assert by_day(engine)["leads", "", CREATED.date()] == 1


def test_marks_that_are_reckoned_one_after_the_other_do_not_lose_a_win() -> None:
    histories = {
        "hs_is_closed_won": [(CREATED, "false"), (WON, "true")],
        "hs_is_closed": [(CREATED, "false"), (WON + timedelta(milliseconds=3), "true")],
    }
    deals, one = teller(), item(7001, CREATED, LOST, histories)
    readings = [*(deals.read(delivery([told_of])) for told_of in events_of(one)), object_said(deals, one)]
    for engine in in_every_order(deals, readings):
        assert by_day(engine) == {("leads", "", CREATED.date()): 1, ("won", "", WON.date()): 1}


def test_a_stage_of_the_table_says_more_than_the_marks() -> None:
    histories: dict[str, Versions] = {"dealstage": [(WON, "991")], "hs_is_closed": [(WON, "true")]}
    deals = teller(stages={"991": "won"})
    (closed,) = [one for one in object_said(deals, item(1, CREATED, WON, histories)).said if one.type == "lead.closed"]
    assert closed.data.outcome == "won"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("amount", "now", "words", "expected"),
    [
        ("1000.5", {"deal_currency_code": "eur"}, {}, (100050, "EUR")),
        ("1.0E7", {}, {"currency": "JPY"}, (10000000, "JPY")),
        ("5.125", {"deal_currency_code": "KWD"}, {"currency": "EUR"}, (5125, "KWD")),
        ("1000", {}, {}, (None, None)),
        ("", {}, {"currency": "EUR"}, (None, None)),
    ],
)
def test_an_amount_counts_in_its_deals_currency_or_the_accounts(
    amount: str, now: dict[str, str], words: dict[str, str], expected: tuple[int | None, str | None]
) -> None:
    deals = teller(**words)
    created = object_said(deals, item(1, CREATED, CREATED, {}, amount=amount, **now)).said[0].data
    assert (created.amount_minor, created.currency) == expected  # type: ignore[attr-defined]


@pytest.mark.parametrize("amount", ["10.5", "about ten", "Infinity"])
def test_an_amount_that_cannot_be_is_left_out_and_told_while_the_deal_counts(amount: str) -> None:
    deals = teller(currency="JPY")
    one = item(1, CREATED, CREATED, {"amount": [(CREATED, amount)]})
    assert object_said(deals, one).said[0].data.amount_minor is None  # type: ignore[attr-defined]
    assert life(deals, one).unpriced().startswith("amount:")


def test_what_a_deal_took_in_is_told_by_the_deal_too() -> None:
    one = item(7003, CREATED, LOST, {}, hs_merged_object_ids="7001;7002; 7003")
    merged = {one.subject: one.data for one in object_said(teller(), one).said if isinstance(one.data, LeadMerged)}
    assert {(name, data.into_lead_id) for name, data in merged.items()} == {
        ("deal/7001", "deal/7003"),
        ("deal/7002", "deal/7003"),
    }


def test_a_contact_is_a_lead_of_its_region(server: VendorServer) -> None:
    (reading,) = fetched(teller(server, leads="contacts"), Wanted("contact", "9001"))
    assert [(one.type, one.time) for one in reading.said] == [("lead.created", CREATED), ("lead.closed", WON)]
    contacts = teller(leads="contacts", regions={"FR": "south"})
    one = item(1, CREATED, CREATED, {}, hs_country_region_code="FR")
    created = next(life(contacts, one, "contact").said("pseudonym", contacts.names)).data
    assert (created.region, created.kind) == ("south", "lead")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (
            WON,
            {
                ("leads", "", CREATED.date()): 1,
                ("won", "", WON.date()): 1,
                ("won_amount_minor", "", WON.date()): 120000,
            },
        ),
        (AGAIN, {("leads", "", CREATED.date()): 1}),
    ],
)
def test_a_restored_deal_stands_as_before_it_was_deleted(until: datetime, expected: Any) -> None:
    one = won_and_lost()
    one["propertiesWithHistory"] = {
        name: [version for version in versions if version["timestamp"] <= stamp(until)]
        for name, versions in one["propertiesWithHistory"].items()
    }
    one["updatedAt"] = stamp(LOST)
    OBJECTS["deals"].append({**one, "id": "6000"})
    try:
        with running_vendor(hubspot) as server:
            deals = teller(server)
            of = {"objectId": 6000}
            deleted = {
                "subscriptionType": "deal.deletion",
                "occurredAt": milliseconds(AGAIN + timedelta(hours=1)),
                **of,
            }
            restored = {"subscriptionType": "deal.restore", "occurredAt": milliseconds(LOST), **of}
            webhooks = [deals.read(delivery([one])) for one in (deleted, restored)]
            completed = fetched(deals, *webhooks[1].wanted)
        for engine in in_every_order(deals, [*webhooks, *completed]):
            assert by_day(engine) == expected
    finally:
        OBJECTS["deals"].pop()
