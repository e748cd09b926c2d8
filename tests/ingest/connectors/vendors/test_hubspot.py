"""HubSpot: which deliveries are taken for its own, and what one property at a time says of a lead."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import CadranError, Invalid, Malformed, Unauthenticated
from services.common.events.leads import LeadAssigned, LeadClosed, LeadCreated, LeadMerged
from services.ingest.connectors.connector import Delivery, Reading, Said, Wanted
from services.ingest.connectors.reading.payloads import milliseconds
from services.ingest.connectors.vendors.hubspot import CONNECTOR
from services.ingest.connectors.vendors.hubspot.account import HubspotAccount
from tests.support.any_json import mutated
from tests.support.engine import Engine
from tests.support.stories import Teller, delivery, in_every_order

EXAMPLES = Path(__file__).parents[1] / "examples" / "hubspot"
REPS = {"501": "ana", "502": "bob"}
DEALS = Teller(CONNECTOR, HubspotAccount(reps=REPS))
CONTACTS = Teller(CONNECTOR, HubspotAccount(leads="contacts", reps=REPS))
CREATED, MOVED, WON, AGAIN, LOST = (datetime(2026, 11, day, 10, tzinfo=UTC) for day in (2, 5, 10, 12, 15))

# HubSpot's own vector, from the tests of its libraries.
URL, BODY = "https://www.example.com/webhook_uri", b"{'example_field':'example_value'}"
SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
SENT = datetime.fromtimestamp(1693657560, UTC)
SIGNATURE = "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="
V2 = "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900"


def example(name: str) -> Any:
    return msgspec.json.decode((EXAMPLES / f"{name}.json").read_bytes())


def event(what: str, at: datetime, **fields: Any) -> dict[str, Any]:
    return {"subscriptionType": what, "objectId": 7001, "portalId": 33, "occurredAt": milliseconds(at), **fields}


def property_is(name: str, value: object, at: datetime, **fields: Any) -> dict[str, Any]:
    return event("deal.propertyChange", at, propertyName=name, propertyValue=value, **fields)


def read(*events: Any, teller: Teller = DEALS) -> Reading:
    return teller.read(delivery(list(events)))


def said(*events: Any, teller: Teller = DEALS) -> list[Said]:
    return list(read(*events, teller=teller).said)


def by_day(engine: Engine, cut: str = "all", kpis: tuple[str, ...] = ("new_leads", "acquisition_rate")) -> Any:
    """Leads, and how they closed: (measure, member, day) -> number."""
    wanted = ("leads", "won", "lost", "won_amount_minor", "lost_amount_minor")
    cells = engine.by_day(kpis).items()
    return {(c.measure, c.member, c.day): n for c, n in cells if c.cut == cut and c.measure in wanted}


# What is signed.


def signed(url: str = URL, body: bytes = BODY, received_at: datetime = SENT, **headers: str) -> Delivery:
    given = {"x-hubspot-signature-v3": SIGNATURE, "x-hubspot-request-timestamp": "1693657560000"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return delivery(body, given, received_at=received_at, url=url)


def test_hubspots_own_vector_is_taken() -> None:
    CONNECTOR.verify(signed(), DEALS.account, [SECRET])
    CONNECTOR.verify(signed(), DEALS.account, ["the next one", SECRET])


def test_some_escapes_of_the_address_are_signed_as_what_they_stand_for() -> None:
    url = "https://www.example.com/webhook_uri?to=a:b/c@d!e&x=%20"
    written = "https://www.example.com/webhook_uri?to=a%3Ab%2fc%40d%21e&x=%20"
    theirs = "/6G1sj1Mtebt6uXdIG9NbvfUXXd6KYIYk5ss+3K6Ghc="
    for one in (url, written):
        CONNECTOR.verify(signed(one, x_hubspot_signature_v3=theirs), DEALS.account, [SECRET])


@pytest.mark.parametrize(
    "bad",
    [
        signed(x_hubspot_signature_v3=""),
        signed(x_hubspot_request_timestamp=""),
        signed(x_hubspot_request_timestamp="1693657560001"),
        signed(x_hubspot_request_timestamp="1693657560"),
        signed(url="http://www.example.com/webhook_uri"),
        signed(url="https://www.example.com/webhook_uri/"),
        signed()._replace(method="PUT"),
        signed(received_at=SENT + timedelta(seconds=301)),
        signed(received_at=SENT - timedelta(seconds=301)),
    ],
)
def test_what_is_not_just_as_it_was_signed_is_refused(bad: Delivery) -> None:
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(bad, DEALS.account, [SECRET])


def test_older_versions_which_hold_no_time_are_refused() -> None:
    body = b'{"example_field":"example_value"}'
    for version in ("v1", "v2"):
        headers = {"x-hubspot-signature": V2, "x-hubspot-signature-version": version}
        with pytest.raises(Unauthenticated):
            CONNECTOR.verify(delivery(body, headers, received_at=SENT, url=URL), DEALS.account, [SECRET])


@given(st.integers(0, len(BODY) * 8 - 1), st.integers(0, len(SIGNATURE) * 8 - 1), st.integers(0, len(SECRET) * 8 - 1))
def test_one_bit_changed_anywhere_is_refused(of_body: int, of_signature: int, of_secret: int) -> None:
    flipped = flip(SIGNATURE.encode(), of_signature).decode("latin-1")
    for bad, secret in [
        (signed(body=flip(BODY, of_body)), SECRET),
        (signed(x_hubspot_signature_v3=flipped), SECRET),
        (signed(), flip(SECRET.encode(), of_secret).decode("latin-1")),
    ]:
        with pytest.raises(Unauthenticated):
            CONNECTOR.verify(bad, DEALS.account, [secret])


def flip(data: bytes, bit: int) -> bytes:
    place, of_byte = divmod(bit, 8)
    return data[:place] + bytes([data[place] ^ 1 << of_byte]) + data[place + 1 :]


# What one event says.


def test_a_deal_is_a_lead_of_the_owner_it_was_given() -> None:
    reading = read(*example("deal"))
    assert reading.topic == "several"
    assert reading.wanted == (Wanted("deal", "7001"),)
    revision = milliseconds(CREATED)
    assert reading.said == (
        Said("lead.created", "deal/7001", CREATED, LeadCreated(kind="opportunity", revision=revision)),
        Said("lead.assigned", "deal/7001", CREATED, LeadAssigned(rep_id="ana", revision=revision)),
    )


def test_new_subscriptions_say_the_same_as_old_ones() -> None:
    new = [{**one, "subscriptionType": one["subscriptionType"].replace("deal.", "object.")} for one in example("deal")]
    assert said(*[{**one, "objectTypeId": "0-3"} for one in new]) == said(*example("deal"))


def test_an_event_id_may_come_twice_and_mean_two_things() -> None:
    """HubSpot does not promise otherwise; what counts is what happened to what and when."""
    one, two = (
        property_is("hubspot_owner_id", owner, at, eventId=1) for owner, at in (("501", CREATED), ("502", MOVED))
    )
    for engine in in_every_order(DEALS, [read(event("deal.creation", CREATED)), read(one), read(two)]):
        assert by_day(engine, "rep") == {("leads", "ana", CREATED.date()): 1}


def test_events_of_a_delivery_are_read_by_their_time() -> None:
    first, last = property_is("hubspot_owner_id", "501", CREATED), property_is("hubspot_owner_id", "", MOVED)
    assert [one.time for one in said(last, first)] == [CREATED, MOVED]


def test_an_owner_who_is_taken_away_leaves_it_to_nobody() -> None:
    for nothing in ("", None):
        (assigned,) = said(property_is("hubspot_owner_id", nothing, MOVED))
        assert assigned.data == LeadAssigned(rep_id="unassigned", revision=milliseconds(MOVED))


def test_marks_of_a_closed_deal_come_as_two_events_of_one_moment() -> None:
    readings = [read(one) for one in example("object")[:2]] + [read(event("deal.creation", CREATED))]
    for engine in in_every_order(DEALS, readings):
        assert by_day(engine)["won", "", WON.date()] == 1
        assert ("lost", "", WON.date()) not in by_day(engine)


@pytest.mark.parametrize(
    ("name", "value", "outcome"),
    [
        ("dealstage", "closedwon", "won"),
        ("dealstage", "closedlost", "lost"),
        ("dealstage", "134902", "won"),
        ("dealstage", "appointmentscheduled", None),
        ("hs_is_closed", True, "lost"),
        ("amount", "1000", None),
    ],
)
def test_a_property_says_how_a_deal_stands_or_only_that_it_is_to_be_asked_for(
    name: str, value: object, outcome: str | None
) -> None:
    teller = Teller(CONNECTOR, HubspotAccount(stages={"134902": "won"}))
    reading = read(property_is(name, value, WON), teller=teller)
    assert [one.data.outcome for one in reading.said] == ([outcome] if outcome else [])  # type: ignore[attr-defined]
    assert reading.wanted == (Wanted("deal", "7001"),)


def test_of_one_moment_won_stands_above_closed() -> None:
    won, closed = said(property_is("hs_is_closed_won", "true", WON), property_is("hs_is_closed", "true", WON))
    assert won.data == LeadClosed(outcome="won", revision=milliseconds(WON) + 1)
    assert closed.data == LeadClosed(outcome="lost", revision=milliseconds(WON))


def test_contacts_may_be_the_leads_and_their_stages_close_them() -> None:
    stage = {"propertyName": "lifecyclestage", "propertyValue": "customer"}
    status = {"propertyName": "hs_lead_status", "propertyValue": "UNQUALIFIED"}
    created, won, lost = said(
        event("contact.creation", CREATED),
        event("contact.propertyChange", WON, **stage),
        event("contact.propertyChange", LOST, **status),
        teller=CONTACTS,
    )
    assert created.data == LeadCreated(kind="lead", revision=milliseconds(CREATED))
    assert (won.subject, won.data.outcome, lost.data.outcome) == ("contact/7001", "won", "lost")  # type: ignore[attr-defined]


def test_a_prospect_counts_once_by_contacts_or_by_deals() -> None:
    assert read(event("contact.creation", CREATED)).ignored == "leads are deals here"
    assert read(event("deal.creation", CREATED), teller=CONTACTS).ignored == "leads are contacts here"


def test_a_deleted_deal_was_none_and_restored_it_is_one() -> None:
    readings = [read(event("deal.creation", CREATED)), read(event("deal.deletion", MOVED))]
    for engine in in_every_order(DEALS, readings):
        assert by_day(engine) == {}
    for engine in in_every_order(DEALS, [*readings, read(event("deal.restore", AGAIN))]):
        assert by_day(engine) == {("leads", "", CREATED.date()): 1}


def test_with_a_token_a_restored_deal_waits_for_how_it_stands() -> None:
    teller = Teller(CONNECTOR, HubspotAccount(token_file="token"))
    reading = read(event("deal.restore", AGAIN), teller=teller)
    assert (reading.said, reading.wanted) == ((), (Wanted("deal", f"7001@{milliseconds(AGAIN)}"),))


def test_merged_deals_are_one_which_is_new() -> None:
    """HubSpot deletes the others, and says so too."""
    merge = event("deal.merge", MOVED, primaryObjectId=7001, mergedObjectIds=[7002], newObjectId=7003)
    reading = read({**merge, "objectId": 7003})
    assert {one.subject: one.data for one in reading.said if isinstance(one.data, LeadMerged)} == {
        f"deal/{number}": LeadMerged(into_lead_id="deal/7003", revision=milliseconds(MOVED)) for number in (7001, 7002)
    }
    assert reading.wanted == (Wanted("deal", "7003"),)
    parts = [read(event("deal.creation", CREATED, objectId=number)) for number in (7001, 7002)]
    gone = read(event("deal.deletion", MOVED, objectId=7002))
    won = read(property_is("hs_is_closed_won", "true", WON, objectId=7001))
    for engine in in_every_order(DEALS, [*parts, reading, gone, won]):
        assert by_day(engine) == {("leads", "", MOVED.date()): 1, ("won", "", WON.date()): 1}


def test_a_deal_that_takes_others_in_keeps_its_own_beginning() -> None:
    merge = event("deal.merge", MOVED, primaryObjectId=7001, mergedObjectIds=[7002])
    assert [one.subject for one in said(merge)] == ["deal/7002"]


def test_who_asks_to_be_forgotten_is_whatever_leads_are() -> None:
    (forget,) = [one for one in example("object") if one["subscriptionType"] == "contact.privacyDeletion"]
    for teller in (DEALS, CONTACTS):
        reading = read(forget, teller=teller)
        assert reading.redacted == (teller.names.customer("9001"),)
        assert [one.data.outcome for one in reading.said] == (["invalid"] if teller is CONTACTS else [])  # type: ignore[attr-defined]


def test_who_is_forgotten_is_deleted_too_in_any_order() -> None:
    forgotten, deleted = (event(f"contact.{what}", MOVED) for what in ("privacyDeletion", "deletion"))
    readings = [read(one, teller=CONTACTS) for one in (event("contact.creation", CREATED), forgotten, deleted)]
    for engine in in_every_order(CONTACTS, readings):
        assert by_day(engine) == {}


@pytest.mark.parametrize(("object_type", "kind"), [("0-48", "call"), ("0-49", "email"), ("0-47", "meeting")])
def test_an_activity_is_asked_for_when_it_is_made(object_type: str, kind: str) -> None:
    made = event("object.creation", MOVED, objectTypeId=object_type)
    assert read(made) == Reading("object.creation", wanted=(Wanted(kind, "7001"),))
    assert read(event(f"{kind}.creation", MOVED)).wanted == (Wanted(kind, "7001"),)
    ignoring = Teller(CONNECTOR, HubspotAccount(activities="ignored"))
    assert read(made, teller=ignoring).ignored == "activities are not counted here"
    assert read({**made, "subscriptionType": "object.deletion"}).wanted == ()


def test_a_meeting_is_asked_for_again_when_it_was_held() -> None:
    held = {"propertyName": "hs_meeting_outcome", "propertyValue": "COMPLETED", "objectTypeId": "0-47"}
    assert read(event("object.propertyChange", MOVED, **held)).wanted == (Wanted("meeting", "7001"),)


def test_a_workflow_sends_an_object_which_is_asked_for() -> None:
    deal = {"portalId": 33, "objectType": "DEAL", "objectTypeId": "0-3", "objectId": 7001, "properties": {"amount": {}}}
    assert DEALS.read(delivery(deal)) == Reading("workflow", wanted=(Wanted("deal", "7001"),))
    contact = {"vid": 9001, "portal-id": 33, "properties": {"firstname": {"value": "Ada"}}}
    assert CONTACTS.read(delivery(contact)) == Reading("workflow", wanted=(Wanted("contact", "9001"),))


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (event("company.creation", CREATED), "neither a lead nor a contact of a customer"),
        (event("conversation.newMessage", CREATED), "neither a lead nor a contact of a customer"),
        (property_is("dealname", "For Ada Exemple", CREATED), "it says nothing of a lead"),
    ],
)
def test_what_is_of_no_interest_is_ignored_and_says_why(what: dict[str, Any], why: str) -> None:
    reading = read(what)
    assert (reading.said, reading.wanted, reading.ignored) == ((), (), why)


def test_a_delivery_may_hold_much_or_nothing() -> None:
    hundred = [event("deal.creation", CREATED, objectId=number) for number in range(100)]
    assert len(said(*hundred)) == 100
    assert read() == Reading("nothing", ignored="no events")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([event("deal.creation", CREATED, objectId=None)], "objectId"),
        ([{"subscriptionType": "deal.creation", "objectId": 1}], "occurredAt"),
        ([event("deal.creation", CREATED, occurredAt=10**18)], "occurredAt"),
        ([event("deal.merge", CREATED)], "newObjectId"),
        ([event("deal.creation", CREATED, objectId={})], "events[0].objectId"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(body: list[Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(*body)
    assert refused.value.field == field


def test_one_event_that_cannot_be_keeps_none_of_the_others_back() -> None:
    reading = read(event("deal.creation", CREATED), event("deal.creation", CREATED, objectId=None))
    assert [one.subject for one in reading.said] == ["deal/7001"]
    assert reading.refused == "objectId: is missing - HubSpot documents it otherwise"


def test_what_is_no_json_is_malformed() -> None:
    with pytest.raises(Malformed):
        DEALS.read(delivery(b"[{"))


# All of it.


def story() -> list[Reading]:
    """Ana's, then Bob's; won, open again, lost: as six deliveries."""
    closed = [property_is("hs_is_closed_won", "true", WON), property_is("hs_is_closed", "true", WON)]
    opened = [property_is("hs_is_closed_won", "false", AGAIN), property_is("hs_is_closed", "false", AGAIN)]
    return [
        read(*example("deal")),
        read(property_is("hubspot_owner_id", "502", MOVED)),
        read(closed[0]),
        read(closed[1], *opened),
        read(property_is("hs_is_closed", "true", LOST), property_is("dealstage", "closedlost", LOST)),
    ]


def test_every_order_of_arrival_gives_the_same_lead() -> None:
    for engine in in_every_order(DEALS, story()):
        assert by_day(engine) == {("leads", "", date(2026, 11, 2)): 1, ("lost", "", date(2026, 11, 15)): 1}
        assert by_day(engine, "rep") == {("leads", "ana", date(2026, 11, 2)): 1, ("lost", "bob", date(2026, 11, 15)): 1}


def test_until_it_was_open_again_it_was_won_by_whose_it_was() -> None:
    readings = [*story()[:3], read(property_is("hs_is_closed", "true", WON))]
    for engine in in_every_order(DEALS, readings):
        assert by_day(engine, "rep") == {("leads", "ana", date(2026, 11, 2)): 1, ("won", "bob", date(2026, 11, 10)): 1}


PERSONAL = ("Exemple", "example.org", "Ada", "9001")


def test_nothing_personal_is_in_what_is_said() -> None:
    for teller in (DEALS, CONTACTS):
        readings = [teller.read(delivery([one])) for one in example("object")]
        told = repr([(one.topic, one.ignored, [each.data for each in one.said]) for one in readings])
        assert [word for word in PERSONAL if word in told] == []


@given(mutated(example("deal"), example("object")), st.sampled_from([DEALS, CONTACTS]))
def test_whatever_comes_is_read_or_refused(payload: object, teller: Teller) -> None:
    with suppress(CadranError):
        teller.feed([teller.read(delivery(payload))], Engine())
