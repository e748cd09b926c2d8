"""Stripe: which deliveries are taken for its own, and what sales and refunds become."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import CadranError, Invalid, Unauthenticated
from services.common.events.orders import OrderPlaced, OrderReturned
from services.ingest.connectors.connector import Delivery, Reading, Wanted
from services.ingest.connectors.vendors.stripe import CONNECTOR
from services.ingest.connectors.vendors.stripe.account import StripeAccount
from services.ingest.connectors.vendors.stripe.money import goods_of, tax_units, units
from services.ingest.connectors.vendors.stripe.orders import goods_and_total
from services.ingest.connectors.vendors.stripe.payloads import Line, Lines, Refund, Session, TotalDetails
from services.ingest.connectors.vendors.stripe.refunds import returned_of
from tests.support.any_json import mutated
from tests.support.engine import Engine
from tests.support.stories import Teller, delivery, in_every_order

EXAMPLES = Path(__file__).parents[1] / "examples" / "stripe"
SHOP = Teller(CONNECTOR, StripeAccount(reps={"7": "ana"}))
BEGAN, GIVEN_BACK = datetime(2026, 11, 20, 10, tzinfo=UTC), datetime(2026, 11, 21, 10, 1, tzinfo=UTC)

SECRET = "whsec_of_tests"
BODY = b'{"id":"evt_1","object":"event"}'
SENT = datetime.fromtimestamp(1795168900, UTC)
BY_OPENSSL = "52f9f6d6231fa3db0f3cf35078a2d68fa916d8f9d3d89429b2819abb27692860"


def example(name: str) -> dict[str, Any]:
    return msgspec.json.decode((EXAMPLES / f"{name}.json").read_bytes())


def changed(name: str, topic: str = "", /, **fields: Any) -> dict[str, Any]:
    """An example whose object has other fields, or that tells of another topic."""
    event = example(name)
    event["type"] = topic or event["type"]
    event["data"]["object"].update(fields)
    return event


def read(event: object, account: StripeAccount | None = None) -> Reading:
    return Teller(CONNECTOR, account or SHOP.account).read(delivery(event))


def order(event: object, account: StripeAccount | None = None) -> OrderPlaced:
    (said,) = read(event, account).said
    assert isinstance(said.data, OrderPlaced)
    return said.data


def returns(event: object, account: StripeAccount | None = None) -> OrderReturned:
    (said,) = read(event, account).said
    assert isinstance(said.data, OrderReturned)
    return said.data


def by_day(engine: Engine) -> dict[tuple[str, date], int]:
    cells = engine.by_day(["sales"]).items()
    return {(cell.measure, cell.day): value for cell, value in cells if cell.cut == "all"}


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


# Money.


@pytest.mark.parametrize(
    ("currency", "stripes", "ours"),
    [
        ("EUR", 1234, 1234),
        ("JPY", 500, 500),
        ("MGA", 5, 500),
        ("ISK", 500, 5),
        ("UGX", 500, 5),
        ("HUF", 1045, 1045),
        ("TWD", 80000, 80000),
        ("KWD", 5120, 5120),
        ("XPF", 7, 7),
    ],
)
def test_stripes_minor_units_become_those_of_iso_4217(currency: str, stripes: int, ours: int) -> None:
    assert units(stripes, currency, "amount") == ours
    assert tax_units(stripes, currency) == ours


def test_a_tax_finer_than_the_currency_is_rounded_once() -> None:
    """24 % inside 1,000 krona are 193.55: prices are whole, taxes need not be."""
    data = order(
        changed(
            "completed",
            currency="isk",
            amount_subtotal=100000,
            amount_total=100000,
            shipping_cost=None,
            total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 19355},
        )
    )
    assert (data.lines[0].gross_minor, data.tax_minor) == (806, 194)


amounts = st.integers(0, 10**9)


@given(amounts, amounts, amounts, amounts, st.booleans(), st.sampled_from(["EUR", "JPY", "KWD", "MGA"]))
def test_what_is_left_of_a_session_are_its_goods(
    goods: int, discount: int, tax: int, shipping: int, inside: bool, currency: str
) -> None:
    """Whether its tax is inside the prices or on top of them."""
    subtotal = goods + discount + (tax if inside else 0)
    session = Session(
        id="cs",
        created=0,
        amount_subtotal=subtotal,
        amount_total=goods + tax + shipping,
        total_details=TotalDetails(amount_discount=discount, amount_shipping=shipping, amount_tax=tax),
    )
    found = goods_of(session, currency)
    assert found.net == units(goods, currency, "goods")
    assert 0 <= found.discount <= units(discount, currency, "discount")
    if not inside:
        assert found.discount == units(discount, currency, "discount")


@given(st.lists(st.tuples(amounts, amounts, amounts, st.booleans()), min_size=1, max_size=8))
def test_lines_add_up_to_what_the_vendor_says(parts: Sequence[tuple[int, int, int, bool]]) -> None:
    lines = [
        Line(
            id=f"li_{i}",
            amount_subtotal=goods + discount + (tax if inside else 0),
            amount_discount=discount,
            amount_tax=tax,
            amount_total=goods + tax,
        )
        for i, (goods, discount, tax, inside) in enumerate(parts)
    ]
    total = sum(line.amount_total for line in lines) + 700
    session = Session(id="cs", created=0, currency="eur", amount_total=total, line_items=Lines(lines))
    net, paid = goods_and_total(session)
    assert net == total - 700 - sum(line.amount_tax or 0 for line in lines)
    assert paid == total


def test_tax_inside_prices_is_taken_out_of_gross_and_discount_alike() -> None:
    details = {"amount_discount": 2400, "amount_shipping": 600, "amount_tax": 1700}
    data = order(
        changed(
            "completed",
            amount_subtotal=12000,
            amount_total=10200,
            total_details=details,
            shipping_cost={"amount_tax": 100},
        )
    )
    assert (data.lines[0].gross_minor, data.lines[0].discount_minor) == (10000, 2000)


# What a refund becomes.


def test_a_refund_is_a_return_of_its_own_day() -> None:
    reading = read(example("refund_created"))
    (said,) = reading.said
    assert (said.type, said.subject, said.time) == ("order.returned", "pi_3Example0001", GIVEN_BACK)
    data = returns(example("refund_created"))
    assert (data.return_id, data.amount_minor, data.currency) == ("re_3Example0001", 5700, "EUR")
    assert (data.reason, data.channel) == ("requested_by_customer", "online")
    assert reading.wanted == (Wanted("payment", "pi_3Example0001"),)


def test_the_accounts_tax_is_taken_out_of_it() -> None:
    assert returns(example("refund_created"), StripeAccount(tax_percent="20")).amount_minor == 4750
    assert returns(example("refund_created"), StripeAccount(tax_percent="5.5")).amount_minor == 5403


def test_a_reason_in_free_words_is_left_out() -> None:
    assert returns(changed("refund_created", reason="Ada Exemple was cross")).reason is None


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_that_failed_is_taken_back_whenever_that_is_heard(status: str) -> None:
    made, failed = example("refund_created"), changed("refund_created", "refund.failed", status=status)
    readings = [
        read(event) for event in (example("completed"), made, failed, {**failed, "type": "charge.refund.updated"})
    ]
    for engine in in_every_order(SHOP, readings):
        assert by_day(engine)["gross_minor", BEGAN.date()] == 10000
        assert ("returned_minor", GIVEN_BACK.date()) not in by_day(engine)


def test_charge_refunded_says_the_same_as_refund_created() -> None:
    """In old versions of the API, which may come beside new ones."""
    old, new = read(example("charge_refunded")), read(example("refund_created"))
    assert old.said == new.said


def test_charge_refunded_without_its_refunds_only_asks_for_them() -> None:
    reading = read(changed("charge_refunded", refunds=None))
    assert reading.said == ()
    assert reading.wanted == (Wanted("payment", "pi_3Example0001"),)
    assert reading.ignored == "the account takes refunds from refund.created"


def by_charge(event_id: str, before: int, after: int) -> dict[str, Any]:
    event = changed("charge_refunded", refunds=None, amount_refunded=after)
    return {**event, "id": event_id, "data": {**event["data"], "previous_attributes": {"amount_refunded": before}}}


def test_an_account_may_count_by_charge_refunded_alone() -> None:
    account = StripeAccount(refunds="charge")
    events = [
        example("completed"),
        by_charge("evt_a", 0, 3000),
        by_charge("evt_b", 3000, 5000),
        changed("refund_created", amount=2000),
        changed("refund_created", "refund.failed", amount=2000, status="failed"),
    ]
    teller = Teller(CONNECTOR, account)
    for engine in in_every_order(teller, [read(event, account) for event in events]):
        assert by_day(engine)["returned_minor", GIVEN_BACK.date()] == 3000


def test_charge_refunded_must_say_what_was_refunded_before() -> None:
    event = changed("charge_refunded", refunds=None)
    event["data"].pop("previous_attributes")
    with pytest.raises(Invalid, match="amount_refunded"):
        read(event, StripeAccount(refunds="charge"))


parts_of_a_whole = st.lists(st.integers(1, 10**6), min_size=1, max_size=12)


@given(parts_of_a_whole, st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_refunds_of_everything_give_back_all_goods_and_no_more(parts: list[int], tax: int, random: Any) -> None:
    total = sum(parts) + tax
    session = Session(
        id="cs",
        created=0,
        currency="eur",
        amount_subtotal=sum(parts),
        amount_total=total,
        total_details=TotalDetails(amount_tax=tax),
    )
    amounts = [*parts, tax] if tax else parts
    refunds = [
        Refund(id=f"re_{i}", amount=amount, currency="eur", created=i // 2, payment_intent="pi")
        for i, amount in enumerate(amounts)
    ]
    failed = Refund(id="re_x", amount=total, currency="eur", created=1, payment_intent="pi", status="failed")
    refunds.insert(random.randint(0, len(refunds)), failed)
    random.shuffle(refunds)
    said = list(returned_of(session, refunds, SHOP.account))
    assert sum(each.data.amount_minor for each in said) == sum(parts)  # type: ignore[attr-defined]
    assert all(each.data.amount_minor >= 0 for each in said)  # type: ignore[attr-defined]


def test_a_refund_of_what_no_checkout_sold_gives_nothing_back() -> None:
    refund = Refund(id="re", amount=500, currency="eur", created=5, payment_intent="pi")
    (said,) = returned_of(None, [refund], SHOP.account)
    assert (said.data.amount_minor, said.data.revision) == (0, 5001)  # type: ignore[attr-defined]


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
