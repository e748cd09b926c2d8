"""Shopify: which deliveries are taken for its own, and what becomes of each topic."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.common.errors import CadranError, Invalid, Unauthenticated
from services.ingest.connectors.connector import Delivery, Reading
from services.ingest.connectors.signing.signatures import sha256_base64
from services.ingest.connectors.vendors.shopify import CONNECTOR, ShopifyAccount
from tests.ingest.connectors.vendors.shops import PERSONAL, example
from tests.support.any_json import ANY_JSON, mutated
from tests.support.stories import SECRET, Teller, delivery

SHOP = Teller(CONNECTOR, ShopifyAccount(shop="example.myshopify.com"))
BY_EMAIL = Teller(CONNECTOR, ShopifyAccount(customers="email"))
BODY = msgspec.json.encode(example("shopify", "order"))
SIGNED = delivery(BODY, {"x-shopify-hmac-sha256": sha256_base64(SECRET, BODY)})
TOPICS = ("orders/create", "orders/updated", "orders/cancelled", "refunds/create", "orders/delete", "customers/redact")


def told(topic: str, body: Any, **headers: str) -> Delivery:
    more = {f"x-shopify-{name.replace('_', '-')}": value for name, value in headers.items()}
    return delivery(body, {"x-shopify-topic": topic, **more})


def read(topic: str, body: Any, **headers: str) -> Reading:
    return SHOP.read(told(topic, body, **headers))


def test_what_the_secret_signs_is_taken_and_so_is_that_of_the_next_one() -> None:
    CONNECTOR.verify(SIGNED, SHOP.account, [SECRET])
    CONNECTOR.verify(SIGNED, SHOP.account, ["the next one", SECRET])


def test_the_signature_is_what_openssl_makes_of_it() -> None:
    """echo -n '{"id":1}' | openssl dgst -sha256 -hmac hush -binary | base64"""
    signed = delivery(b'{"id":1}', {"x-shopify-hmac-sha256": "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY="})
    CONNECTOR.verify(signed, SHOP.account, ["hush"])


@given(st.sampled_from(["body", "header", "secret"]), st.integers(0), st.integers(0, 6))
def test_one_bit_changed_anywhere_is_refused(part: str, place: int, bit: int) -> None:
    def flipped(text: bytes) -> bytes:
        i = place % len(text)
        return text[:i] + bytes([text[i] ^ 1 << bit]) + text[i + 1 :]

    changed, secret = SIGNED, SECRET
    if part == "body":
        changed = SIGNED._replace(body=flipped(BODY))
    elif part == "header":
        header = SIGNED.headers["x-shopify-hmac-sha256"].encode()
        changed = SIGNED._replace(headers={"x-shopify-hmac-sha256": flipped(header).decode("latin-1")})
    else:
        secret = flipped(SECRET.encode()).decode("latin-1")
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(changed, SHOP.account, [secret])


def test_what_is_not_signed_is_refused_and_without_a_secret_all_is() -> None:
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(SIGNED._replace(headers={}), SHOP.account, [SECRET])
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(SIGNED, SHOP.account, [])


@pytest.mark.parametrize(
    ("topic", "headers", "ignored"),
    [
        ("orders/create", {"test": "true"}, "a test notification"),
        ("orders/create", {"shop_domain": "other.myshopify.com"}, "of another shop"),
        ("draft_orders/create", {}, "of no interest"),
        ("orders/edited", {}, "of no interest"),
        ("customers/data_request", {}, "only pseudonyms"),
        ("shop/redact", {}, "only pseudonyms"),
        ("", {}, "of no interest"),
    ],
)
def test_of_what_is_no_sale_nothing_is_made(topic: str, headers: dict[str, str], ignored: str) -> None:
    reading = read(topic, example("shopify", "order"), **headers)
    assert (reading.topic, reading.said, reading.redacted) == (topic, (), ())
    assert reading.ignored.startswith(ignored) or ignored in reading.ignored


def test_a_test_order_is_ignored_and_the_shop_may_be_written_in_capitals() -> None:
    assert read("orders/create", {**example("shopify", "order"), "test": True}).ignored == "a test order"
    assert read("orders/create", example("shopify", "order"), shop_domain="Example.MyShopify.com").said


def test_whoever_asks_to_be_forgotten_is_the_customer_of_the_orders() -> None:
    (placed,) = read("orders/create", example("shopify", "order")).said
    reading = read("customers/redact", example("shopify", "redact"))
    assert reading.redacted == (placed.data.customer_id,)  # type: ignore[attr-defined]
    assert reading.said == ()


def test_by_email_both_names_of_a_customer_are_forgotten() -> None:
    (placed,) = BY_EMAIL.read(told("orders/create", example("shopify", "order"))).said
    without = {**example("shopify", "order"), "email": None, "customer": {"id": 8801}}
    (unnamed,) = BY_EMAIL.read(told("orders/create", without)).said
    redacted = BY_EMAIL.read(told("customers/redact", example("shopify", "redact"))).redacted
    assert set(redacted) == {placed.data.customer_id, unnamed.data.customer_id}  # type: ignore[attr-defined]
    assert len(redacted) == 2


def test_an_order_sent_again_under_another_topic_forgets_nobody() -> None:
    with pytest.raises(Invalid, match="shop_domain"):
        read("customers/redact", example("shopify", "order"))


def test_a_deleted_order_is_cancelled_when_shopify_says() -> None:
    (said,) = read("orders/delete", {"id": 5501}, triggered_at="2026-11-09T10:00:00.123456789Z").said
    assert (said.type, said.subject) == ("order.cancelled", "5501")
    assert said.time == datetime(2026, 11, 9, 10, 0, 0, 123456, tzinfo=UTC)
    (unsaid,) = read("orders/delete", {"id": 5501}).said
    assert unsaid.time == told("", b"").received_at


@pytest.mark.parametrize("teller", [SHOP, BY_EMAIL])
def test_nothing_that_names_a_person_goes_on(teller: Teller) -> None:
    order, refund = example("shopify", "order"), example("shopify", "refund")
    cancelled = {**order, "refunds": [refund], "cancelled_at": order["updated_at"], "cancel_reason": "Ada Exemple"}
    typed = [{"type": "manual", "title": "For Ada Exemple"}, {"type": "automatic", "title": "Autumn"}]
    readings = [
        teller.read(told("orders/updated", {**cancelled, "discount_applications": typed})),
        teller.read(told("refunds/create", refund)),
        teller.read(told("customers/redact", example("shopify", "redact"))),
        teller.read(told("customers/data_request", example("shopify", "redact"))),
    ]
    held = repr(readings)
    assert "Autumn" in held
    assert [part for part in (*PERSONAL, "8801") if part in held] == []


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.sampled_from(TOPICS),
    ANY_JSON | st.sampled_from(["order", "refund", "redact"]).flatmap(lambda name: mutated(example("shopify", name))),
)
def test_whatever_comes_is_read_or_refused(topic: str, body: Any) -> None:
    try:
        reading = read(topic, body)
    except CadranError as error:
        assert str(error)
    else:
        assert reading.topic == topic


@given(st.sampled_from(TOPICS), st.binary(max_size=50))
def test_what_is_no_json_is_refused(topic: str, body: bytes) -> None:
    with pytest.raises(CadranError):
        SHOP.read(told(topic, body))
