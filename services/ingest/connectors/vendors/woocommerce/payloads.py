"""What is read of WooCommerce's payloads, of its REST API and of webhooks alike: nothing that names a person, but the
e-mail for accounts that tell customers apart by it.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from services.common.errors import Invalid
from services.common.money import LARGEST, exponent
from services.ingest.connectors.reading.payloads import utc

Id = str | int
Amount = Decimal | None
"""In major units, without tax."""


class LineItem(msgspec.Struct):
    """`subtotal` is before discount, `total` after; taxes are apart, whatever the shop's prices include."""

    id: Id | None = None
    product_id: Id | None = None
    variation_id: Id | None = None
    quantity: Decimal = Decimal(0)
    subtotal: Amount = None
    total: Amount = None
    total_tax: Amount = None
    sku: str | None = None
    meta_data: Any = None


class Charge(msgspec.Struct):
    """A fee, or a way of shipping."""

    total: Amount = None
    total_tax: Amount = None


class Coupon(msgspec.Struct):
    code: str | None = None


class RefundNote(msgspec.Struct):
    """A refund as an order mentions it: `total` is negative, with tax and shipping. `total_tax` is told since 10.7."""

    id: Id
    total: Decimal
    total_tax: Amount = None


class Address(msgspec.Struct):
    country: str | None = None
    state: str | None = None
    email: str | None = None


class Order(msgspec.Struct):
    id: Id | None = None
    status: str = ""
    currency: str = ""
    date_created_gmt: datetime | None = None
    date_modified_gmt: datetime | None = None
    date_paid_gmt: datetime | None = None
    customer_id: Id | None = None
    billing: Address | None = None
    shipping: Address | None = None
    created_via: str | None = None
    coupon_lines: list[Coupon] | None = None
    line_items: list[LineItem] | None = None
    fee_lines: list[Charge] | None = None
    shipping_lines: list[Charge] | None = None
    discount_total: Amount = None
    shipping_total: Amount = None
    total: Amount = None
    total_tax: Amount = None
    refunds: list[RefundNote] | None = None
    meta_data: Any = None


class Refund(msgspec.Struct):
    """A refund as the API has it: its lines are negative, its `amount` is not."""

    id: Id
    amount: Decimal
    date_created_gmt: datetime
    line_items: list[LineItem] | None = None
    shipping_lines: list[Charge] | None = None
    fee_lines: list[Charge] | None = None


class Deleted(msgspec.Struct):
    id: Id


def moment(time: datetime | None, field: str) -> datetime:
    """A moment.

    :raises Invalid: naming the field, when there is none.
    """
    if time is None:
        raise Invalid("is missing", field=field, mend="have WooCommerce send the order whole")
    return utc(time)


def scaled(amount: Amount, currency: str, field: str) -> Decimal:
    """An amount in minor units, whose parts are kept: a line of WooCommerce may have some. 0 where there is none.

    :raises Invalid: naming the field, when it is no amount.
    """
    if amount is None:
        return Decimal(0)
    if not amount.is_finite() or abs(amount) > LARGEST:
        raise Invalid(f"{amount} is no amount", field=field, mend="have WooCommerce send a number")
    return amount.scaleb(exponent(currency))


def meta(data: Any, key: str) -> str | None:
    """What stands under a key of `meta_data`: a list, or an object where plugins have left some out of it."""
    entries = data.values() if isinstance(data, dict) else data
    if not key or not isinstance(entries, Iterable) or isinstance(entries, str):
        return None
    for entry in entries:
        if isinstance(entry, dict) and entry.get("key") == key and isinstance(entry.get("value"), str | int):
            return str(entry["value"])
    return None
