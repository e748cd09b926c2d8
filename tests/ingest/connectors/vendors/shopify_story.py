"""Shopify's order and refund of the examples, changed as tests need them, and what is read of them."""

from typing import Any

from services.common.events.orders import OrderPlaced, OrderReturned
from services.ingest.connectors.connector import Reading
from services.ingest.connectors.vendors.shopify import CONNECTOR, ShopifyAccount
from tests.ingest.connectors.vendors.shops import example
from tests.support.stories import Teller, delivery

SHOP = Teller(
    CONNECTOR,
    ShopifyAccount(reps={"71": "ana", "72": "ben", "73": "zoe"}, stores={"9001": "lyon"}, regions={"FR": "france"}),
)


def read(topic: str, body: Any, shop: Teller = SHOP) -> Reading:
    return shop.read(delivery(body, {"x-shopify-topic": topic}))


def order(**changes: Any) -> dict[str, Any]:
    return {**example("shopify", "order"), **changes}


def refund(**changes: Any) -> dict[str, Any]:
    return {**example("shopify", "refund"), **changes}


def placed(reading: Reading) -> OrderPlaced:
    (data,) = [said.data for said in reading.said if isinstance(said.data, OrderPlaced)]
    return data


def returned(reading: Reading) -> OrderReturned:
    (data,) = [said.data for said in reading.said if isinstance(said.data, OrderReturned)]
    return data


def both(amount: str, currency: str = "EUR") -> dict[str, Any]:
    """An amount as Shopify states it; what the buyer saw is of another currency, and must not count."""
    return {
        "shop_money": {"amount": amount, "currency_code": currency},
        "presentment_money": {"amount": "12345.67", "currency_code": "CHF"},
    }


def discrepancy(amount: str) -> dict[str, Any]:
    return {"kind": "refund_discrepancy", "amount_set": both(amount), "tax_amount_set": both("0.00")}


VASE = {
    "id": 7401,
    "sku": "VASE",
    "quantity": 1,
    "current_quantity": 1,
    "price_set": both("24.00"),
    "discount_allocations": [],
    "tax_lines": [{"rate": 0.2, "price_set": both("4.00")}],
}
EDITED = order(updated_at="2026-11-03T09:00:00+01:00", line_items=[*order()["line_items"], VASE])
REFUNDED = {**EDITED, "updated_at": "2026-11-05T16:00:00+01:00", "refunds": [refund()]}
CANCELLED = {
    **REFUNDED,
    "updated_at": "2026-11-09T08:00:00+01:00",
    "cancelled_at": "2026-11-09T08:00:00+01:00",
    "cancel_reason": "customer",
}
STORY = (
    read("orders/create", order()),
    read("orders/updated", EDITED),
    read("refunds/create", refund()),
    read("orders/updated", REFUNDED),
    read("orders/cancelled", CANCELLED),
)
