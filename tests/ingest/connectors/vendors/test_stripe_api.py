"""Stripe's API: what it adds to webhooks, and that nothing is lost however it behaves."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.common.errors import Forbidden, NotFound
from services.ingest.connectors.connector import Wanted
from services.ingest.connectors.vendors.stripe import CONNECTOR
from services.ingest.connectors.vendors.stripe.account import StripeAccount
from tests.support.pulling import all_said, fetched, pulled, pulled_in_turns, told
from tests.support.stories import SECRET, Teller, delivery, in_every_order
from tests.support.vendor_server import Answer, Asked, Trouble, VendorServer, running_vendor

COMPLETED = msgspec.json.decode((Path(__file__).parents[1] / "examples" / "stripe" / "completed.json").read_bytes())
REFUNDED = msgspec.json.decode((Path(__file__).parents[1] / "examples" / "stripe" / "refund_created.json").read_bytes())
SINCE = datetime(2026, 11, 20, tzinfo=UTC)
BEGAN = 1795168800
PAGE = 2
MANY = 12


def session(number: int, lines: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    sold = {**COMPLETED["data"]["object"], "id": f"cs_{number}", "payment_intent": f"pi_{number}", "metadata": {}}
    sums = {
        "amount_subtotal": sum(line["amount_subtotal"] for line in lines),
        "amount_total": sum(line["amount_total"] for line in lines),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "shipping_cost": None,
        "created": BEGAN + number,
    }
    return {**sold, **sums, "lines": lines, **fields}


def line(number: int, amount: int, tax: int = 0, **price: Any) -> dict[str, Any]:
    """A line with its tax inside."""
    of_price = {"id": f"price_{number}", "product": f"prod_{number}", "lookup_key": None, "metadata": {}, **price}
    sums = {"amount_subtotal": amount, "amount_discount": 0, "amount_tax": tax, "amount_total": amount}
    return {"id": f"li_{number}", "object": "item", "quantity": 2, "description": "For Ada", "price": of_price, **sums}


def refund(number: int, payment: int, amount: int, status: str = "succeeded") -> dict[str, Any]:
    named = {"id": f"re_{number}", "payment_intent": f"pi_{payment}", "charge": f"ch_{payment}"}
    return {
        **REFUNDED["data"]["object"],
        **named,
        "amount": amount,
        "status": status,
        "created": BEGAN + 90000 + number,
    }


SESSIONS = [
    session(1, [line(1, 12000, 2000), line(2, 6000, 1000, lookup_key="CUP")]),
    session(2, [line(3, 1000, metadata={"sku": "MUG"})] + [line(10 + n, 100) for n in range(MANY)]),
    session(3, [line(4, 500)], payment_status="unpaid"),
    session(4, [line(5, 800)], payment_intent=None, mode="subscription"),
    session(5, [line(6, 700)]),
    session(6, [line(7, 1050)], currency="isk"),
]
REFUNDS = [refund(1, 1, 6000), refund(2, 1, 3000, "failed"), refund(3, 1, 9000), refund(4, 5, 700), refund(5, 77, 100)]


def stripe(asked: Asked) -> Answer:
    """Answers as Stripe does, two to a page."""
    if asked.headers.get("Authorization") != f"Bearer {SECRET}":
        return Answer({"error": {"type": "invalid_request_error"}}, 401)
    match asked.path.removeprefix("/v1/").split("/"):
        case ["checkout", "sessions"]:
            return _listed(asked, SESSIONS, lambda one: _shown(one, 10))
        case ["checkout", "sessions", name]:
            found = [_shown(one, 10) for one in SESSIONS if one["id"] == name]
            return Answer(found[0]) if found else Answer({"error": {}}, 404)
        case ["checkout", "sessions", name, "line_items"]:
            (lines,) = (one["lines"] for one in SESSIONS if one["id"] == name)
            return Answer({"object": "list", "data": lines, "has_more": False})
        case ["refunds"]:
            return _listed(asked, REFUNDS, lambda one: one)
    return Answer({"error": {}}, 404)


def _listed(asked: Asked, objects: list[dict[str, Any]], shown: Any) -> Answer:
    found = sorted(objects, key=lambda one: -one["created"])
    found = [one for one in found if one["created"] >= int(asked.query.get("created[gte]", 0))]
    if "payment_intent" in asked.query:
        found = [one for one in found if one["payment_intent"] == asked.query["payment_intent"]]
        return Answer({"object": "list", "data": [shown(one) for one in found], "has_more": False})
    after = (
        [one["id"] for one in found].index(asked.query["starting_after"]) + 1 if "starting_after" in asked.query else 0
    )
    page = found[after : after + PAGE]
    return Answer({"object": "list", "data": [shown(one) for one in page], "has_more": after + PAGE < len(found)})


def _shown(one: dict[str, Any], most: int) -> dict[str, Any]:
    lines = {"object": "list", "data": one["lines"][:most], "has_more": len(one["lines"]) > most}
    return {**{name: value for name, value in one.items() if name != "lines"}, "line_items": lines}


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with running_vendor(stripe) as running:
        yield running


def teller(server: VendorServer, **words: Any) -> Teller:
    return Teller(CONNECTOR, StripeAccount(api=server.url, **words))


def test_the_api_tells_lines_their_tax_and_the_goods_part_of_refunds(server: VendorServer) -> None:
    shop = teller(server, skus={"prod_1": "LAMP"})
    (reading,) = fetched(shop, Wanted("payment", "pi_1"))
    order, *returns = [said.data for said in reading.said]
    assert [(sold.sku, sold.quantity, sold.gross_minor) for sold in order.lines] == [  # type: ignore[attr-defined]
        ("LAMP", 2, 10000),
        ("CUP", 2, 5000),
    ]
    assert [(given.return_id, given.amount_minor) for given in returns] == [  # type: ignore[attr-defined]
        ("re_1", 5000),
        ("re_2", 0),
        ("re_3", 7500),
    ]


def test_a_session_of_many_lines_is_asked_for_the_rest(server: VendorServer) -> None:
    (reading,) = fetched(teller(server), Wanted("payment", "pi_2"))
    data = reading.said[0].data
    assert len(data.lines) == MANY + 1  # type: ignore[attr-defined]
    assert data.lines[0].sku == "MUG"  # type: ignore[attr-defined]


def test_a_refund_of_a_payment_that_no_checkout_took_gives_nothing_back(server: VendorServer) -> None:
    (reading,) = fetched(teller(server), Wanted("payment", "pi_77"))
    assert [said.data.amount_minor for said in reading.said] == [0]  # type: ignore[attr-defined]


def test_what_is_not_there_and_a_token_that_does_not_do_are_told(server: VendorServer) -> None:
    shop = teller(server)
    with pytest.raises(NotFound):
        fetched(shop, Wanted("session", "cs_none"))

    with pytest.raises(Forbidden):
        fetched(shop, Wanted("payment", "pi_1"), token="another")


def test_pages_say_what_webhooks_and_their_completion_say(server: VendorServer) -> None:
    shop = teller(server)
    sold = [{**_shown(one, 0), "line_items": None} for one in SESSIONS if one["currency"] == "eur"]
    sessions = [{**COMPLETED, "data": {"object": one}} for one in sold]
    refunds = [{**REFUNDED, "data": {"object": one}} for one in REFUNDS]
    webhooks = [shop.read(delivery(event)) for event in (*sessions, *refunds)]
    completed = fetched(shop, *dict.fromkeys(wanted for reading in webhooks for wanted in reading.wanted))
    everything = pulled(shop, SINCE).readings
    assert told(completed) == told(everything)
    assert len(told(everything)) == 4 + len(REFUNDS)
    days = None
    for engine in in_every_order(shop, [*webhooks, *completed, *everything], most=5):
        days = days or engine.by_day(["sales"])
        assert engine.by_day(["sales"]) == days
    assert sum(n for cell, n in (days or {}).items() if (cell.measure, cell.cut) == ("gross_minor", "all")) == 18700
    assert sum(n for cell, n in (days or {}).items() if (cell.measure, cell.cut) == ("returned_minor", "all")) == 13200


def test_a_sale_that_cannot_be_is_told_and_keeps_none_back(server: VendorServer) -> None:
    refused = [reading.refused for reading in pulled(teller(server), SINCE).readings if reading.refused]
    assert refused == ["amount_subtotal: 10.50 is finer than ISK allows - look at the currency"]


def test_a_refund_that_cannot_be_read_keeps_none_of_the_others_back(
    server: VendorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = told(pulled(teller(server), SINCE).readings)
    monkeypatch.setitem(REFUNDS[3], "amount", "much")
    readings = pulled(teller(server), SINCE).readings
    (why,) = [reading.refused for reading in readings if reading.topic == "payment" and reading.refused]
    assert why.startswith("amount:")
    assert len(whole - told(readings)) == 1


@pytest.mark.parametrize("most", [1, 2, 3])
def test_interrupted_after_any_page_it_goes_on_where_it_was(server: VendorServer, most: int) -> None:
    shop = teller(server)
    whole = pulled(shop, SINCE).readings
    assert told(pulled_in_turns(shop, SINCE, most)) == told(whole)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_it_is_patient_with_an_api_in_trouble(server: VendorServer, trouble: Trouble) -> None:
    shop = teller(server)
    whole = pulled(shop, SINCE).readings
    server.troubles.extend([trouble])
    assert told(pulled(shop, SINCE).readings) == told(whole)


def test_an_account_that_counts_by_charge_refunded_is_told_no_refunds(server: VendorServer) -> None:
    readings, cursor = pulled(teller(server, refunds="charge"), SINCE)
    assert {said.type for said in all_said(readings)} == {"order.placed"}
    assert cursor == ""


def test_sessions_that_began_before_are_asked_for_too(server: VendorServer) -> None:
    """One may be paid for weeks after it began, and the API lists by creation alone."""
    pulled(teller(server), SINCE)
    listing = next(asked for asked in server.asked if asked.path == "/v1/checkout/sessions")
    assert int(listing.query["created[gte]"]) == int(SINCE.timestamp()) - 31 * 86400
    assert listing.headers["Stripe-Version"] == "2024-06-20"
