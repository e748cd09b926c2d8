"""WooCommerce's order of the examples, changed as tests need it, and what is read of it."""

from typing import Any

import msgspec

from services.common.events.orders import OrderCancelled, OrderPlaced, OrderReturned
from services.ingest.connectors.connector import Reading
from services.ingest.connectors.vendors.woocommerce import CONNECTOR, WooCommerceAccount
from services.ingest.connectors.vendors.woocommerce.orders import order_reading, updated
from services.ingest.connectors.vendors.woocommerce.payloads import Order, Refund
from tests.ingest.connectors.vendors.shops import example
from tests.support.stories import Teller, delivery

SHOP = Teller(
    CONNECTOR,
    WooCommerceAccount(
        reps={"71": "ana", "72": "ben"},
        rep_key="_seller",
        store_key="_till",
        stores={"7": "lyon"},
        regions={"FR": "france"},
    ),
)
MENTION = {"id": 801, "reason": "too large", "total": "-60.00"}


def read(body: Any, shop: Teller = SHOP) -> Reading:
    return shop.read(delivery(body, {"x-wc-webhook-topic": "order.updated"}))


def order(at: str = "2026-11-02T09:00:05", **changes: Any) -> dict[str, Any]:
    return {**example("woocommerce", "order"), "date_modified_gmt": at, **changes}


def by_api(body: dict[str, Any], *refunds: dict[str, Any]) -> Reading:
    """What an order and its refunds say as the API has them."""
    asked = msgspec.convert(body, Order, strict=False)
    found = [msgspec.convert(refund, Refund, strict=False) for refund in refunds]
    return order_reading("orders", asked, SHOP.account, SHOP.names, as_of=updated(asked), refunds=found)


def placed(reading: Reading) -> OrderPlaced:
    (data,) = [said.data for said in reading.said if isinstance(said.data, OrderPlaced)]
    return data


def amounts(reading: Reading) -> list[int]:
    return [said.data.amount_minor for said in reading.said if isinstance(said.data, OrderReturned)]


def is_cancelled(reading: Reading) -> bool:
    return any(isinstance(said.data, OrderCancelled) for said in reading.said)


EDITED = order("2026-11-03T08:00:00", line_items=order()["line_items"][:1], total="168.00", total_tax="28.00")
EDITED = {**EDITED, "discount_total": "15.00"}
REFUNDED = {**EDITED, "date_modified_gmt": "2026-11-05T15:00:01", "refunds": [MENTION]}
LATER = {**REFUNDED, "date_modified_gmt": "2026-11-06T15:00:00", "status": "completed"}
CANCELLED = {**REFUNDED, "date_modified_gmt": "2026-11-09T08:00:00", "status": "cancelled"}
STORY = (read(order()), read(EDITED), read(REFUNDED), read(LATER), read(CANCELLED))


def line(subtotal: str, total: str, tax: str = "0.00", **more: Any) -> dict[str, Any]:
    return {"product_id": 5, "quantity": 1, "subtotal": subtotal, "total": total, "total_tax": tax, **more}


def nets(reading: Reading) -> list[int]:
    return [x.gross_minor - x.discount_minor for x in placed(reading).lines]
