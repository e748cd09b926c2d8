"""HubSpot's API: whole objects say what events said one by one, and nothing is lost however it behaves."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import CadranError, Forbidden, NotFound
from services.common.events.customers import CustomerContacted
from services.common.events.leads import LeadCreated, LeadMerged
from services.ingest.connectors.connector import Reading, Said, Wanted
from services.ingest.connectors.reading.payloads import milliseconds, read_json
from services.ingest.connectors.vendors import stripe
from services.ingest.connectors.vendors.hubspot import CONNECTOR
from services.ingest.connectors.vendors.hubspot.account import HubspotAccount, Kind
from services.ingest.connectors.vendors.hubspot.activities import contacted, uncounted
from services.ingest.connectors.vendors.hubspot.by_object import Life
from services.ingest.connectors.vendors.hubspot.payloads import Object, ObjectsPage
from services.ingest.connectors.vendors.stripe.account import StripeAccount
from tests.support.any_json import mutated
from tests.support.engine import Engine
from tests.support.events import PARIS
from tests.support.pulling import all_said, fetched, pulled, pulled_in_turns, told
from tests.support.stories import SECRET, Teller, delivery, in_every_order
from tests.support.vendor_server import Answer, Asked, Trouble, VendorServer, running_vendor

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
CREATED, MOVED, WON, AGAIN, LOST = (datetime(2026, 11, day, 10, tzinfo=UTC) for day in (2, 5, 10, 12, 15))
REPS = {"501": "ana", "502": "bob"}
Versions = list[tuple[datetime, str]]


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def item(
    number: int, created: datetime, updated: datetime, histories: dict[str, Versions], **now: str
) -> dict[str, Any]:
    """An object as the API gives it: HubSpot lists the latest version first."""
    versions = {
        name: [{"value": value, "timestamp": stamp(at), "sourceType": "CRM_UI"} for at, value in reversed(history)]
        for name, history in histories.items()
    }
    latest = {name: history[-1][1] for name, history in histories.items() if history}
    return {
        "id": str(number),
        "createdAt": stamp(created),
        "updatedAt": stamp(updated),
        "archived": False,
        "properties": {**latest, **now, "hs_object_id": str(number), "dealname": "For Ada Exemple"},
        "propertiesWithHistory": versions,
    }


def won_and_lost(number: int = 7001) -> dict[str, Any]:
    """Ana's, then Bob's; won for 1,000.00, open again, lost for 1,200.00."""
    histories = {
        "hubspot_owner_id": [(CREATED, "501"), (MOVED, "502")],
        "amount": [(CREATED, "900"), (MOVED, "1000.00"), (AGAIN, "1200")],
        "hs_is_closed": [(CREATED, "false"), (WON, "true"), (AGAIN, "false"), (LOST, "true")],
        "hs_is_closed_won": [(CREATED, "false"), (WON, "true"), (AGAIN, "false")],
    }
    now = {"deal_currency_code": "EUR", "hs_analytics_source": "ORGANIC_SEARCH"}
    return item(number, CREATED, LOST, histories, **now)


def activity(number: int, at: datetime, **now: str) -> dict[str, Any]:
    return item(number, at, at + timedelta(minutes=1), {}, hs_timestamp=stamp(at), hubspot_owner_id="501", **now)


FIRST = 7100
OBJECTS: dict[str, list[dict[str, Any]]] = {
    "deals": [won_and_lost()] + [item(FIRST + n, CREATED, MOVED, {}) for n in range(7)],
    "contacts": [
        item(9001, CREATED, MOVED, {"lifecyclestage": [(CREATED, "lead"), (WON, "customer")]}, email="ada@example.org"),
        item(9002, CREATED, MOVED, {}, email="bob@example.org"),
        item(9003, CREATED - timedelta(days=99), CREATED - timedelta(days=9), {}, email="eve@example.org"),
    ],
    "calls": [
        activity(1, MOVED, hs_call_direction="OUTBOUND"),
        activity(2, MOVED, hs_call_direction="INBOUND"),
        activity(3, MOVED),
    ],
    "emails": [activity(4, WON, hs_email_direction="EMAIL"), activity(5, WON, hs_email_direction="INCOMING_EMAIL")],
    "meetings": [
        activity(6, LOST, hs_meeting_outcome="COMPLETED"),
        activity(7, LOST, hs_meeting_outcome="CANCELED"),
        item(8, MOVED, MOVED, {}, hs_timestamp=str(milliseconds(LOST)), hs_meeting_outcome="SCHEDULED"),
    ],
}
CONTACTS_OF = {("deals", "7001"): [9002, 9001], ("calls", "1"): [9001], ("calls", "2"): [9001]} | {
    (kind, str(number)): [9001, 9002]
    for kind, number in [("emails", 4), ("emails", 5), *[("meetings", n) for n in (6, 7, 8)]]
}


def hubspot(asked: Asked) -> Answer:
    """Answers as HubSpot does; a search finds three at most."""
    if asked.headers.get("Authorization") != f"Bearer {SECRET}":
        return Answer({"status": "error", "category": "MISSING_SCOPES"}, 403)
    body = msgspec.json.decode(asked.body)
    match asked.path.strip("/").split("/"):
        case ["crm", "v3", "objects", kind, "search"]:
            return Answer(_found(kind, body))
        case ["crm", "v3", "objects", kind, "batch", "read"]:
            return _read(kind, body)
        case ["crm", "v4", "associations", kind, "contacts", "batch", "read"]:
            return _associated(kind, body)
    return Answer({"status": "error"}, 404)


def _found(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    (group,) = body["filterGroups"]
    changed, above = group["filters"]
    assert changed["propertyName"] == ("lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate")
    assert (changed["operator"], above["propertyName"], above["operator"]) == ("GTE", "hs_object_id", "GT")
    assert body["sorts"] == [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    since = datetime.fromtimestamp(int(changed["value"]) / 1000, UTC)
    found = [one for one in OBJECTS[kind] if one["updatedAt"] >= stamp(since) and int(one["id"]) > int(above["value"])]
    found.sort(key=lambda one: int(one["id"]))
    return {"total": len(found), "results": [{"id": one["id"], "properties": {}} for one in found[:3]]}


def _read(kind: str, body: dict[str, Any]) -> Answer:
    ids = [one["id"] for one in body["inputs"]]
    if len(ids) > 50:
        return Answer({"status": "error"}, 400)
    return Answer({"status": "COMPLETE", "results": [_shown(one, body) for one in OBJECTS[kind] if one["id"] in ids]})


def _shown(one: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Only what was asked for: an address stays where nobody asks."""
    told_of = {*body["properties"], *body.get("propertiesWithHistory", [])}
    histories = {name: one["propertiesWithHistory"].get(name, []) for name in body.get("propertiesWithHistory", [])}
    properties = {name: value for name, value in one["properties"].items() if name in told_of}
    return {**one, "properties": properties, "propertiesWithHistory": histories}


def _associated(kind: str, body: dict[str, Any]) -> Answer:
    """Those without any are told as errors beside the others."""
    ids = [one["id"] for one in body["inputs"]]
    results = [
        {
            "from": {"id": one},
            "to": [{"toObjectId": contact, "associationTypes": []} for contact in CONTACTS_OF[kind, one]],
        }
        for one in ids
        if (kind, one) in CONTACTS_OF
    ]
    return Answer({"status": "COMPLETE", "results": results, "numErrors": len(ids) - len(results)}, 207)


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with running_vendor(hubspot) as running:
        yield running


def teller(server: VendorServer | None = None, **words: Any) -> Teller:
    account = HubspotAccount(api=server.url if server else "", token_file="token", reps=REPS, **words)
    return Teller(CONNECTOR, account)


def by_day(engine: Engine, cut: str = "all") -> Any:
    wanted = ("leads", "won", "lost", "won_amount_minor", "lost_amount_minor")
    cells = engine.by_day(["new_leads", "acquisition_rate"]).items()
    return {(c.measure, c.member, c.day): n for c, n in cells if c.cut == cut and c.measure in wanted}


def events_of(one: dict[str, Any]) -> list[dict[str, Any]]:
    """The events by which HubSpot told of an object's life."""
    created = datetime.fromisoformat(one["createdAt"])
    told_of = [{"subscriptionType": "deal.creation", "objectId": int(one["id"]), "occurredAt": milliseconds(created)}]
    for name, versions in one["propertiesWithHistory"].items():
        for version in versions:
            at = milliseconds(datetime.fromisoformat(version["timestamp"]))
            change = {"propertyName": name, "propertyValue": version["value"], "occurredAt": at}
            told_of.append({"subscriptionType": "deal.propertyChange", "objectId": int(one["id"]), **change})
    return told_of


# One object.


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


def snapshot(at: datetime, histories: dict[str, Versions]) -> dict[str, Any]:
    return item(7001, CREATED, at, {name: list(history) for name, history in histories.items()})


def object_said(deals: Teller, one: dict[str, Any]) -> Reading:
    return Reading("deal", tuple(life(deals, one).said(None, deals.names)))


def life(leads: Teller, one: dict[str, Any], kind: Kind = "deal") -> Life:
    assert isinstance(leads.account, HubspotAccount)
    return Life(msgspec.convert(one, Object), kind, leads.account)


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


# Contacts of customers.


def contacts_said(readings: list[Reading]) -> list[Said]:
    return [one for one in all_said(readings) if one.type == "customer.contacted"]


def test_a_call_is_a_contact_of_whoever_took_part(server: VendorServer) -> None:
    crm = teller(server)
    ((called,),) = ([*reading.said] for reading in fetched(crm, Wanted("call", "1")))
    assert (called.subject, called.time) == (crm.names.customer("9001"), MOVED)
    assert isinstance(called.data, CustomerContacted)
    assert (called.data.contact_id, called.data.medium, called.data.rep_id) == ("call/1", "call", "ana")
    (emails,) = fetched(crm, Wanted("email", "4"))
    assert {one.subject for one in emails.said} == {crm.names.customer("9001"), crm.names.customer("9002")}


def test_customers_may_be_told_apart_by_their_addresses(server: VendorServer) -> None:
    crm = teller(server, customers="email")
    (reading,) = fetched(crm, Wanted("call", "1"))
    assert reading.said[0].subject == crm.names.customer(None, "Ada@Example.org")
    assert b"ada" not in msgspec.json.encode([one.data for one in reading.said]).lower()


@pytest.mark.parametrize(
    ("kind", "number", "why"),
    [
        ("call", "2", "the customer called or wrote"),
        ("call", "3", "no contact took part"),
        ("email", "5", "the customer called or wrote"),
        ("meeting", "7", "the meeting was not held"),
        ("meeting", "8", "it has not taken place yet"),
    ],
)
def test_what_is_no_contact_of_ours_says_why(server: VendorServer, kind: str, number: str, why: str) -> None:
    (reading,) = fetched(teller(server), Wanted(kind, number))
    assert (reading.said, reading.ignored) == ((), why)


@pytest.mark.parametrize("moment", ["soon", "9" * 30, "", "2026-11-05T10:00:00"])
def test_an_activity_without_a_moment_took_place_when_it_was_made(moment: str) -> None:
    one = msgspec.convert(item(1, MOVED, LOST, {}, hs_timestamp=moment), Object)
    (said,) = contacted(one, "call", ["pseudonym"], teller().names)
    assert said.time == MOVED


def test_whom_we_called_and_who_bought_again_is_one_person_by_their_address(server: VendorServer) -> None:
    """Bought on 1 June, called on the 5th, bought again on 1 August: counted on the 105th day."""
    crm = teller(server, customers="email")
    shop = Teller(stripe.CONNECTOR, StripeAccount(customers="email"))
    days = [datetime(2026, 6, 1, 10, tzinfo=UTC), datetime(2026, 8, 1, 10, tzinfo=UTC)]
    sales = [shop.read(delivery(sold(f"pi_{number}", at, "Ada@example.org"))) for number, at in enumerate(days)]
    called = msgspec.convert(activity(1, datetime(2026, 6, 5, 10, tzinfo=UTC)), Object)
    customer = crm.names.customer("9001", "ada@example.org") or ""
    readings = [*sales, Reading("call", tuple(contacted(called, "call", [customer], crm.names)))]
    for engine in in_every_order(crm, readings):
        counted = {(cell.measure, cell.day): n for cell, n in engine.by_day(["loyalty"]).items() if cell.cut == "all"}
        assert counted["contacted", date(2026, 9, 14)] == 1
        assert counted["contacted_came_back", date(2026, 9, 14)] == 1


def sold(payment: str, at: datetime, email: str) -> dict[str, Any]:
    """A sale of Stripe's."""
    session = {"id": f"cs_{payment}", "payment_intent": payment, "created": int(at.timestamp()), "currency": "eur"}
    session |= {"payment_status": "paid", "amount_subtotal": 1000, "amount_total": 1000, "customer_email": email}
    return {"id": f"evt_{payment}", "type": "checkout.session.completed", "data": {"object": session}}


# Everything.


def test_what_is_not_there_and_a_token_that_does_not_do_are_told(server: VendorServer) -> None:
    with pytest.raises(NotFound):
        fetched(teller(server), Wanted("deal", "1"))
    with pytest.raises(Forbidden, match="rights"):
        fetched(teller(server), Wanted("deal", "7001"), token="another")


def test_pages_say_of_every_object_what_asking_for_it_says(server: VendorServer) -> None:
    crm = teller(server)
    kinds = {"deals": "deal", "calls": "call", "emails": "email", "meetings": "meeting"}
    wanted = [Wanted(kinds[path], one["id"]) for path, objects in OBJECTS.items() if path in kinds for one in objects]
    everything = pulled(crm, SINCE).readings
    assert told(everything) == told(fetched(crm, *wanted))
    assert len({one.subject for one in all_said(everything) if one.type == "lead.created"}) == 8
    assert len(contacts_said(everything)) == 1 + 2 + 2


def test_only_what_changed_since_is_asked_for(server: VendorServer) -> None:
    crm = teller(server, leads="contacts", activities="ignored")
    assert {one.subject for one in all_said(pulled(crm, SINCE).readings)} == {"contact/9001", "contact/9002"}
    assert all_said(pulled(crm, LOST).readings) == []


@pytest.mark.parametrize("most", [1, 2, 5])
def test_interrupted_after_any_page_it_goes_on_where_it_was(server: VendorServer, most: int) -> None:
    crm = teller(server)
    assert told(pulled_in_turns(crm, SINCE, most)) == told(pulled(crm, SINCE).readings)


def test_no_search_goes_on_behind_what_hubspot_finds(server: VendorServer) -> None:
    """Each begins above the last id: none has an offset, which ends at 10,000."""
    pulled(teller(server), SINCE)
    searches = [msgspec.json.decode(asked.body) for asked in server.asked if asked.path.endswith("/deals/search")]
    above = [search["filterGroups"][0]["filters"][1]["value"] for search in searches]
    assert above == ["0", "7101", "7104", "7106"]
    assert all("after" not in search for search in searches)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_it_is_patient_with_an_api_in_trouble(server: VendorServer, trouble: Trouble) -> None:
    crm = teller(server)
    whole_story = told(pulled(crm, SINCE).readings)
    server.troubles.extend([trouble])
    assert told(pulled(crm, SINCE).readings) == whole_story


def test_nothing_personal_is_in_what_is_said(server: VendorServer) -> None:
    for words in ({}, {"customers": "email"}):
        readings = pulled(teller(server, **words), SINCE).readings
        text = b"".join(told(readings)) + repr([one.ignored for one in readings]).encode()
        assert [word for word in (b"Exemple", b"example", b"9001", b"9002") if word in text] == []


@given(mutated({"results": [won_and_lost(), *OBJECTS["contacts"], *OBJECTS["meetings"]]}))
def test_whatever_it_answers_is_read_or_refused(answer: object) -> None:
    crm = teller()
    with suppress(CadranError):
        for row in read_json(msgspec.json.encode(answer), ObjectsPage).results:
            one = read_json(row, Object)
            leads = Reading("deal", tuple(Life(one, "deal", HubspotAccount()).said(None, crm.names)))
            calls = () if uncounted(one) else contacted(one, "call", ["pseudonym"], crm.names)
            crm.feed([leads, Reading("call", tuple(calls))], Engine())
