"""Stripe: which deliveries are taken for its own, and what sales become."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import CadranError, Invalid, Unauthenticated
from services.ingest.connectors.connector import Delivery, Wanted
from services.ingest.connectors.vendors.stripe import CONNECTOR
from services.ingest.connectors.vendors.stripe.account import StripeAccount
from tests.ingest.connectors.vendors.stripe_story import BEGAN, GIVEN_BACK, SHOP, by_day, changed, example, order, read
from tests.support.any_json import mutated
from tests.support.engine import Engine
from tests.support.stories import Teller, delivery, in_every_order

SECRET = "whsec_of_tests"
BODY = b'{"id":"evt_1","object":"event"}'
SENT = datetime.fromtimestamp(1795168900, UTC)
BY_OPENSSL = "52f9f6d6231fa3db0f3cf35078a2d68fa916d8f9d3d89429b2819abb27692860"


# What is signed.


def signed(body: bytes, header: str, received_at: datetime = SENT) -> Delivery:
    return delivery(body, {"stripe-signature": header}, received_at=received_at)


@pytest.mark.parametrize(
    "header",
    [
        f"t=1795168900,v1={BY_OPENSSL}",
        f"t=1795168900, v1=00ff, v1={BY_OPENSSL}, v0=6ffbb59b",
    ],
)
def test_a_signature_is_that_of_openssl_and_any_that_stripe_gives_will_do(header: str) -> None:
    CONNECTOR.verify(signed(BODY, header), SHOP.account, [SECRET])
    CONNECTOR.verify(signed(BODY, header), SHOP.account, ["the next", SECRET])


@pytest.mark.parametrize(
    "header",
    [
        "",
        f"v1={BY_OPENSSL}",
        "t=1795168900",
        f"t=1795168900,v0={BY_OPENSSL}",
        f"t=1795168901,v1={BY_OPENSSL}",
        "t=é,v1=é",
    ],
)
def test_a_header_with_a_part_missing_or_false_is_nobodys(header: str) -> None:
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(signed(BODY, header), SHOP.account, [SECRET])


@given(st.integers(0, len(BODY) * 8 - 1), st.integers(0, 64 * 8 - 1), st.integers(0, len(SECRET) * 8 - 1))
def test_one_bit_changed_anywhere_is_refused(of_body: int, of_signature: int, of_secret: int) -> None:
    flipped = flip(BY_OPENSSL.encode(), of_signature).decode("latin-1")
    header = f"t=1795168900,v1={BY_OPENSSL}"
    for bad, secret in [
        (signed(flip(BODY, of_body), header), SECRET),
        (signed(BODY, f"t=1795168900,v1={flipped}"), SECRET),
        (signed(BODY, header), flip(SECRET.encode(), of_secret).decode("latin-1")),
    ]:
        with pytest.raises(Unauthenticated):
            CONNECTOR.verify(bad, SHOP.account, [secret])


def flip(data: bytes, bit: int) -> bytes:
    place, of_byte = divmod(bit, 8)
    return data[:place] + bytes([data[place] ^ 1 << of_byte]) + data[place + 1 :]


@pytest.mark.parametrize("seconds", [-301, 301])
def test_what_is_five_minutes_old_or_early_is_refused(seconds: int) -> None:
    late = signed(BODY, f"t=1795168900,v1={BY_OPENSSL}", SENT + timedelta(seconds=seconds))
    with pytest.raises(Unauthenticated, match="300 s"):
        CONNECTOR.verify(late, SHOP.account, [SECRET])


def test_without_a_secret_nothing_is_taken() -> None:
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(signed(BODY, f"t=1795168900,v1={BY_OPENSSL}"), SHOP.account, [])


# What a sale becomes.


def test_a_paid_session_is_an_order_without_tax_and_shipping() -> None:
    reading = read(example("completed"))
    (said,) = reading.said
    assert (said.type, said.subject, said.time) == ("order.placed", "pi_3Example0001", BEGAN)
    assert reading.wanted == (Wanted("payment", "pi_3Example0001"),)
    data = order(example("completed"))
    (line,) = data.lines
    assert (line.sku, line.quantity, line.gross_minor, line.discount_minor) == ("checkout", 1, 10000, 1000)
    assert (data.currency, data.tax_minor, data.shipping_minor) == ("EUR", 1900, 500)
    assert (data.rep_id, data.channel, data.store_id, data.region) == ("ana", "web", "lyon", "BE")
    assert data.promotion_ids == ("AUTUMN", "VIP")
    assert data.customer_id == SHOP.names.customer("cus_Example0001")


def test_what_metadata_do_not_say_the_account_does() -> None:
    account = StripeAccount(channel="links", sku="MUG", regions={"FR": "south"}, metadata={"rep_id": "seller"})
    bare = changed(
        "completed",
        metadata={"seller": "9", "rep_id": "7", "lead_id": "  "},
        discounts=[{"coupon": "SUMMER", "promotion_code": None}, {"coupon": None, "promotion_code": "promo_1"}],
        shipping_details=None,
    )
    data = order(bare, account)
    assert (data.channel, data.lines[0].sku, data.region, data.lead_id) == ("links", "MUG", "south", None)
    assert data.rep_id == "stripe/paris/9"
    assert data.promotion_ids == ("SUMMER", "promo_1")


def test_a_guest_is_nobody_and_by_email_somebody() -> None:
    guest = changed("completed", customer=None)
    assert order(guest).customer_id is None
    by_email = Teller(CONNECTOR, StripeAccount(customers="email"))
    assert order(guest, StripeAccount(customers="email")).customer_id == by_email.names.customer(
        None, "Ada.Exemple@example.org"
    )


def test_where_an_address_is_collected_has_moved() -> None:
    address = {"address": {"country": "DE"}}
    for fields in (
        {"shipping_details": None, "shipping": address},
        {"shipping_details": address},
        {"collected_information": {"shipping_details": address}},
        {"shipping_details": None, "customer_details": address},
    ):
        assert order(changed("completed", **fields)).region == "DE"


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (changed("completed", payment_status="unpaid"), "not paid yet"),
        (changed("completed", "checkout.session.async_payment_failed"), "the payment failed: nothing was sold"),
        (
            changed(
                "completed", mode="setup", currency=None, amount_subtotal=None, payment_status="no_payment_required"
            ),
            "a means of payment was kept, nothing sold",
        ),
        (changed("completed", mode="subscription", amount_subtotal=0, currency=None), "nothing was charged"),
        (changed("completed", livemode=False), "test mode"),
        ({**example("completed"), "livemode": False}, "test mode"),
        ({**example("completed"), "type": "charge.dispute.created"}, "a dispute gives no goods back"),
        ({**example("completed"), "type": "invoice.paid"}, "renewals of subscriptions"),
        (
            {"id": "evt_1", "type": "v1.billing.meter.error_report_triggered", "created": "2026-11-20T10:00:00Z"},
            "nothing",
        ),
    ],
)
def test_what_is_no_sale_is_ignored_and_says_why(event: dict[str, Any], why: str) -> None:
    reading = read(event)
    assert (reading.said, reading.wanted) == ((), ())
    assert reading.ignored.startswith(why)


def test_test_mode_counts_where_the_account_says_so() -> None:
    event = {**changed("completed", livemode=False), "livemode": False}
    assert order(event, StripeAccount(test="counted")).lines[0].gross_minor == 10000


def test_a_discount_of_everything_is_a_sale_of_nothing() -> None:
    free = changed(
        "completed",
        payment_status="no_payment_required",
        payment_intent=None,
        amount_total=0,
        shipping_cost=None,
        total_details={"amount_discount": 10000, "amount_shipping": 0, "amount_tax": 0},
    )
    reading = read(free)
    assert reading.said[0].subject == "cs_live_a1example0001"
    assert reading.wanted == (Wanted("session", "cs_live_a1example0001"),)
    assert (order(free).lines[0].gross_minor, order(free).lines[0].discount_minor) == (10000, 10000)


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (changed("completed", currency=None), "currency"),
        (changed("completed", currency="zzz"), "currency"),
        (changed("completed", amount_subtotal="many"), "data.object.amount_subtotal"),
        (changed("completed", currency="isk", amount_subtotal=10050), "amount_subtotal"),
        (changed("refund_created", payment_intent=None, charge=None), "payment_intent"),
        (changed("completed", created=10**15), "created"),
        ({**example("completed"), "data": {}}, "data.object"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(event: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(event)
    assert refused.value.field == field


# All of it.


def test_every_order_of_arrival_gives_the_same_sales() -> None:
    """100.00 less 10.00, paid late; 12.00 and 20.00 given back, of which the second failed."""
    second = {"id": "re_3Example0002", "amount": 2000, "created": 1795255300}
    readings = [
        read(changed("completed", payment_status="unpaid")),
        read(changed("completed", "checkout.session.async_payment_succeeded")),
        read(changed("refund_created", amount=1200, status="pending")),
        read(changed("refund_created", "refund.updated", amount=1200)),
        read(changed("refund_created", **second)),
        read(changed("refund_created", "refund.failed", **second, status="failed")),
    ]
    for engine in in_every_order(SHOP, readings):
        assert by_day(engine) == {
            ("orders", BEGAN.date()): 1,
            ("units", BEGAN.date()): 1,
            ("gross_minor", BEGAN.date()): 10000,
            ("discount_minor", BEGAN.date()): 1000,
            ("returned_minor", GIVEN_BACK.date()): 1200,
            ("returned_order_day_minor", BEGAN.date()): 1200,
        }


PERSONAL = ("Exemple", "example.org", "+336", "12 rue", "3 rue", "Lyon", "Namur", "69003", "cus_", "Ada")


def test_nothing_personal_is_in_what_is_said() -> None:
    for customers in ("id", "email"):
        for name in ("completed", "refund_created", "charge_refunded"):
            told = repr(read(example(name), StripeAccount(customers=customers)))  # type: ignore[arg-type]
            assert [word for word in PERSONAL if word in told.replace("pi_3Example", "")] == []


PAYLOADS = [example(name) for name in ("completed", "refund_created", "charge_refunded")]


@given(mutated(*PAYLOADS), st.sampled_from([StripeAccount(), StripeAccount(refunds="charge", customers="email")]))
def test_whatever_comes_is_read_or_refused(payload: object, account: StripeAccount) -> None:
    teller = Teller(CONNECTOR, account)
    with suppress(CadranError):
        teller.feed([teller.read(delivery(payload))], Engine())
