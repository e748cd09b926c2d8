"""What WooCommerce delivers: told by its topic, signed by the webhook's secret."""

import re
from collections.abc import Sequence

from services.common.events.orders import OrderCancelled
from services.ingest.connectors.connector import Delivery, Reading, Said
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import milliseconds, read_json
from services.ingest.connectors.signing.signatures import require_one, sha256_base64
from services.ingest.connectors.vendors.woocommerce.account import WooCommerceAccount
from services.ingest.connectors.vendors.woocommerce.orders import order_reading, updated
from services.ingest.connectors.vendors.woocommerce.payloads import Deleted, Order

SIGNATURE = "x-wc-webhook-signature"
TOPIC = "x-wc-webhook-topic"
RESTORED = "order.restored"
DELETED = "order.deleted"
ORDERS = frozenset({"order.created", "order.updated", RESTORED})

_PING = re.compile(rb"webhook_id=\d+")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "#39": "'", "#x27": "'"}
_ENTITY = re.compile(r"&(amp|lt|gt|quot|#0*39|#x0*27);", re.IGNORECASE)


def greets(delivery: Delivery) -> bool:
    """Is it what WooCommerce sends when a webhook is saved: its number alone, in a form, unsigned?"""
    return _PING.fullmatch(delivery.body.strip()) is not None


def verify(delivery: Delivery, _: WooCommerceAccount, secrets: Sequence[str]) -> None:
    given = delivery.headers.get(SIGNATURE)
    require_one(given, SIGNATURE, lambda secret: sha256_base64(_as_signed_with(secret), delivery.body), secrets)


def read(delivery: Delivery, account: WooCommerceAccount, names: Names) -> Reading:
    topic = delivery.headers.get(TOPIC, "")
    if topic == DELETED:
        return _deleted(delivery, account)
    if topic not in ORDERS:
        return Reading(topic, ignored="of no interest: orders are")
    order = read_json(delivery.body, Order)
    # What was deleted counts again from when it was brought back, whenever it was changed.
    as_of = max(updated(order), delivery.received_at) if topic == RESTORED else updated(order)
    return order_reading(topic, order, account, names, as_of=as_of)


def _deleted(delivery: Delivery, account: WooCommerceAccount) -> Reading:
    """An order that is deleted says nothing but its id."""
    order = read_json(delivery.body, Deleted)
    if account.deletions == "ignored":
        return Reading(DELETED, ignored="by `deletions`")
    data = OrderCancelled(reason="deleted", revision=milliseconds(delivery.received_at))
    return Reading(DELETED, (Said("order.cancelled", str(order.id), delivery.received_at, data),))


def _as_signed_with(secret: str) -> str:
    """WordPress signs with the secret after it has turned its entities (`&amp;`) to what they stand for."""
    return _ENTITY.sub(lambda found: _ENTITIES[re.sub(r"(?<=[#x])0+", "", found[1].lower())], secret)
