"""What Shopify delivers: told by its topic, signed by the app's secret or the shop's."""

from collections.abc import Sequence
from datetime import datetime

from services.common.events.orders import OrderCancelled
from services.ingest.connectors.connector import Delivery, Reading, Said
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import milliseconds, read_json
from services.ingest.connectors.signing.signatures import require_one, sha256_base64
from services.ingest.connectors.vendors.shopify.account import ShopifyAccount
from services.ingest.connectors.vendors.shopify.orders import REST_OF_SECOND, order_reading
from services.ingest.connectors.vendors.shopify.payloads import Deleted, Order, Redaction, Refund, number
from services.ingest.connectors.vendors.shopify.refunds import refund_reading

SIGNATURE = "x-shopify-hmac-sha256"
TOPIC = "x-shopify-topic"
SHOP = "x-shopify-shop-domain"
TEST = "x-shopify-test"
TRIGGERED = "x-shopify-triggered-at"

ORDERS = frozenset(
    {
        "orders/create",
        "orders/updated",
        "orders/paid",
        "orders/cancelled",
        "orders/fulfilled",
        "orders/partially_fulfilled",
    }
)
"""Each bears the whole order."""


def verify(delivery: Delivery, _: ShopifyAccount, secrets: Sequence[str]) -> None:
    given = delivery.headers.get(SIGNATURE)
    require_one(given, SIGNATURE, lambda secret: sha256_base64(secret, delivery.body), secrets)


def read(delivery: Delivery, account: ShopifyAccount, names: Names) -> Reading:
    topic = delivery.headers.get(TOPIC, "")
    if delivery.headers.get(TEST, "").casefold() == "true":
        return Reading(topic, ignored="a test notification, which arrived and is no sale")
    shop = delivery.headers.get(SHOP, "")
    if account.shop and shop and shop.casefold() != account.shop.casefold():
        return Reading(topic, ignored="of another shop than `shop`")
    if topic in ORDERS:
        return order_reading(topic, read_json(delivery.body, Order), account, names, told_at=_triggered_at(delivery))
    match topic:
        case "refunds/create":
            return refund_reading(topic, read_json(delivery.body, Refund), account)
        case "orders/delete":
            return _deleted(topic, delivery)
        case "customers/redact":
            return _redacted(topic, read_json(delivery.body, Redaction), names)
        case "customers/data_request":
            return Reading(
                topic, ignored="of customers there are only pseudonyms here: answer from the shop's own data"
            )
        case "shop/redact":
            return Reading(
                topic, ignored="of customers there are only pseudonyms here: take out the account, if it is over"
            )
    return Reading(topic, ignored="of no interest: orders and refunds are")


def _deleted(topic: str, delivery: Delivery) -> Reading:
    """A deleted order counts no more, from the day on which it was deleted: the payload says nothing but its id.
    The API may have told the order as of the end of that second.
    """
    order = read_json(delivery.body, Deleted)
    time = _triggered_at(delivery) or delivery.received_at
    data = OrderCancelled(reason="deleted", revision=milliseconds(time) + REST_OF_SECOND)
    return Reading(topic, (Said("order.cancelled", str(order.id), time, data),))


def _triggered_at(delivery: Delivery) -> datetime | None:
    try:
        time = datetime.fromisoformat(delivery.headers.get(TRIGGERED, ""))
    except ValueError:
        return None
    return None if time.tzinfo is None else time


def _redacted(topic: str, redaction: Redaction, names: Names) -> Reading:
    """Whoever tells customers apart by e-mail has known some by their id, when no e-mail came."""
    buyer = redaction.customer
    identifier = None if buyer.id is None else number(buyer.id, buyer.admin_graphql_api_id)
    known = [names.customer(identifier), names.customer(identifier, buyer.email)]
    return Reading(topic, redacted=tuple(dict.fromkeys(name for name in known if name is not None)))
