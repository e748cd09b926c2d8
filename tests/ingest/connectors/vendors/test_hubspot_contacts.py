"""HubSpot's calls, e-mails and meetings: which of them are contacts of customers, and whose."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from services.common.events.customers import CustomerContacted
from services.ingest.connectors.connector import Reading, Wanted
from services.ingest.connectors.vendors import stripe
from services.ingest.connectors.vendors.hubspot.activities import contacted
from services.ingest.connectors.vendors.hubspot.payloads import Object
from services.ingest.connectors.vendors.stripe.account import StripeAccount
from tests.ingest.connectors.vendors.hubspot_crm import LOST, MOVED, activity, hubspot, item, teller
from tests.support.pulling import fetched
from tests.support.stories import Teller, delivery, in_every_order
from tests.support.vendor_server import VendorServer, running_vendor


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with running_vendor(hubspot) as running:
        yield running


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
