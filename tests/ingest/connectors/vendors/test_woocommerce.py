"""WooCommerce: which deliveries are taken for its own, and what becomes of each topic."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.common.errors import CadranError, Invalid, Unauthenticated
from services.ingest.connectors.connector import Delivery, Reading
from services.ingest.connectors.signing.signatures import sha256_base64
from services.ingest.connectors.vendors.woocommerce import CONNECTOR, WooCommerceAccount
from tests.ingest.connectors.vendors.shops import PERSONAL, example, november, sales
from tests.support.any_json import ANY_JSON, mutated
from tests.support.events import RECEIVED
from tests.support.stories import SECRET, Teller, delivery, in_every_order

SHOP = Teller(CONNECTOR, WooCommerceAccount())
BODY = msgspec.json.encode(example("woocommerce", "order"))
HEADER = "x-wc-webhook-signature"
SIGNED = delivery(BODY, {HEADER: sha256_base64(SECRET, BODY)})
TOPICS = ("order.created", "order.updated", "order.restored", "order.deleted")


def told(topic: str, body: Any, after: timedelta = timedelta()) -> Delivery:
    return delivery(body, {"x-wc-webhook-topic": topic}, received_at=RECEIVED + after)


def read(topic: str, body: Any, after: timedelta = timedelta()) -> Reading:
    return SHOP.read(told(topic, body, after))


def order(**changes: Any) -> dict[str, Any]:
    return {**example("woocommerce", "order"), **changes}


def test_what_the_secret_signs_is_taken_and_so_is_that_of_the_next_one() -> None:
    CONNECTOR.verify(SIGNED, SHOP.account, [SECRET])
    CONNECTOR.verify(SIGNED, SHOP.account, ["the next one", SECRET])


def test_the_signature_is_what_openssl_makes_of_it() -> None:
    """echo -n '{"id":1}' | openssl dgst -sha256 -hmac hush -binary | base64"""
    signed = delivery(b'{"id":1}', {HEADER: "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY="})
    CONNECTOR.verify(signed, SHOP.account, ["hush"])


@pytest.mark.parametrize(
    ("secret", "signed_with"),
    [
        ("a&b", "a&b"),
        ("a&amp;b", "a&b"),
        ("a&lt;b&gt;", "a<b>"),
        ("&quot;it&#039;s&#x27;", "\"it's'"),
        ("&amp;lt;", "&lt;"),
        ("caf&eacute;", "caf&eacute;"),
    ],
)
def test_entities_of_the_secret_are_turned_to_what_they_stand_for_once(secret: str, signed_with: str) -> None:
    signed = delivery(BODY, {HEADER: sha256_base64(signed_with, BODY)})
    CONNECTOR.verify(signed, SHOP.account, [secret])


@given(st.sampled_from(["body", "header", "secret"]), st.integers(0), st.integers(0, 6))
def test_one_bit_changed_anywhere_is_refused(part: str, place: int, bit: int) -> None:
    def flipped(text: bytes) -> bytes:
        i = place % len(text)
        return text[:i] + bytes([text[i] ^ 1 << bit]) + text[i + 1 :]

    changed, secret = SIGNED, SECRET
    if part == "body":
        changed = SIGNED._replace(body=flipped(BODY))
    elif part == "header":
        changed = SIGNED._replace(headers={HEADER: flipped(SIGNED.headers[HEADER].encode()).decode("latin-1")})
    else:
        secret = flipped(SECRET.encode()).decode("latin-1")
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(changed, SHOP.account, [secret])


def test_what_is_not_signed_is_refused_and_without_a_secret_all_is() -> None:
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(SIGNED._replace(headers={}), SHOP.account, [SECRET])
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(SIGNED, SHOP.account, [])


def test_the_trial_of_a_saved_webhook_is_greeted_and_nothing_else_is() -> None:
    assert CONNECTOR.greets(delivery(b"webhook_id=12"))
    for body in (b"webhook_id=", b"webhook_id=12&order=1", b"", BODY):
        assert not CONNECTOR.greets(delivery(body))


def test_of_other_topics_nothing_is_made() -> None:
    for topic in ("coupon.created", "product.updated", "customer.deleted", "action.woocommerce_x", ""):
        assert read(topic, {"id": 1}) == Reading(topic, ignored="of no interest: orders are")


def test_an_order_that_is_deleted_is_cancelled_and_restored_it_counts_again() -> None:
    created, deleted = read("order.created", order()), read("order.deleted", {"id": 727})
    restored = read("order.restored", order(), timedelta(minutes=5))
    (said,) = deleted.said
    assert (said.type, said.subject, said.time) == ("order.cancelled", "727", RECEIVED)
    for engine in in_every_order(SHOP, [created, deleted]):
        assert sales(engine)["returned_minor", november(23)] == 14850
    for engine in in_every_order(SHOP, [created, deleted, restored]):
        assert sales(engine)["orders", november(2)] == 1
        assert ("returned_minor", november(23)) not in sales(engine)


def test_where_old_orders_are_cleaned_away_a_deletion_is_ignored() -> None:
    cleaned = Teller(CONNECTOR, WooCommerceAccount(deletions="ignored"))
    assert cleaned.read(told("order.deleted", {"id": 727})).ignored == "by `deletions`"


@pytest.mark.parametrize(
    "body",
    [
        {"code": "woocommerce_rest_cannot_view", "message": "Sorry", "data": {"status": 401}},
        {"order": {"id": 727, "status": "processing"}},
    ],
)
def test_an_error_in_place_of_an_order_is_refused_and_says_what_to_do(body: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="administrator"):
        read("order.updated", body)


@pytest.mark.parametrize("customers", ["id", "email"])
def test_nothing_that_names_a_person_goes_on(customers: Any) -> None:
    words = WooCommerceAccount(customers=customers, rep_key="_seller", channel_key="_plugin")
    teller = Teller(CONNECTOR, words)
    mentions = [{"id": 801, "reason": "Ada Exemple did not like it", "total": "-60.00"}]
    readings = [
        teller.read(told("order.created", order())),
        teller.read(told("order.updated", order(refunds=mentions))),
        teller.read(told("order.updated", order(status="pending"))),
    ]
    held = repr(readings)
    assert "order.returned" in held
    assert [part for part in PERSONAL if part in held] == []
    assert "'26'" not in held


def test_by_email_those_whom_wordpress_has_erased_are_nobody() -> None:
    teller = Teller(CONNECTOR, WooCommerceAccount(customers="email"))

    def customer(**changes: Any) -> str | None:
        (said,) = teller.read(told("order.updated", order(**changes))).said
        return said.data.customer_id  # type: ignore[attr-defined, no-any-return]

    assert customer() == teller.names.customer(None, "ada.exemple@example.org")
    assert customer(customer_id=0) == customer()
    assert customer(customer_id=0, billing={"email": "deleted@site.invalid"}) is None


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.sampled_from(TOPICS),
    ANY_JSON | mutated(order(refunds=[{"id": 801, "total": "-60.00", "total_tax": "-10.00"}])),
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
        read(topic, body)
