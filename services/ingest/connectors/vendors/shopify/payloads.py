"""What is read of Shopify's payloads, of the REST Admin API and of webhooks alike: nothing that names a person, but the
e-mail for accounts that tell customers apart by it.
"""

import re
from decimal import Decimal
from typing import Any

import msgspec

from services.common.errors import Invalid
from services.common.events.fields import Moment
from services.ingest.connectors.reading.payloads import minor

_GID = re.compile(r"gid://shopify/\w+/(\d+)(?:\?.*)?")

Id = str | int


class ShopMoney(msgspec.Struct):
    amount: Decimal
    currency_code: str


class MoneySet(msgspec.Struct):
    """An amount in the shop's currency and in the buyer's; the shop's is used throughout."""

    shop_money: ShopMoney | None = None


class TaxLine(msgspec.Struct):
    price: Decimal | None = None
    price_set: MoneySet | None = None
    rate: Decimal | None = None


class Allocation(msgspec.Struct):
    amount: Decimal | None = None
    amount_set: MoneySet | None = None


class Attribution(msgspec.Struct):
    """How many of a line a member of staff sold."""

    id: Id | None = None
    quantity: int = 0


class LineItem(msgspec.Struct):
    id: Id | None = None
    sku: str | None = None
    variant_id: Id | None = None
    product_id: Id | None = None
    quantity: int = 0
    current_quantity: int | None = None
    price: Decimal | None = None
    price_set: MoneySet | None = None
    total_discount: Decimal | None = None
    total_discount_set: MoneySet | None = None
    discount_allocations: list[Allocation] | None = None
    tax_lines: list[TaxLine] | None = None
    attributed_staffs: list[Attribution] | None = None
    gift_card: bool | None = None
    tip: Any = None

    @property
    def is_goods(self) -> bool:
        """A gift card is money in another form, and counts when it pays; a tip is nobody's sale."""
        return not self.gift_card and self.tip is None


class ShippingLine(msgspec.Struct):
    discounted_price: Decimal | None = None
    discounted_price_set: MoneySet | None = None
    tax_lines: list[TaxLine] | None = None


class RefundLine(msgspec.Struct):
    line_item_id: Id | None = None
    quantity: int = 0
    subtotal: Decimal | None = None
    subtotal_set: MoneySet | None = None
    total_tax: Decimal | None = None
    total_tax_set: MoneySet | None = None
    line_item: LineItem | None = None


class RefundShipping(msgspec.Struct):
    subtotal_amount_set: MoneySet | None = None
    tax_amount_set: MoneySet | None = None


class Adjustment(msgspec.Struct):
    """Negative: money given back beyond the goods; positive: less than they are worth."""

    kind: str | None = None
    amount: Decimal | None = None
    amount_set: MoneySet | None = None
    tax_amount: Decimal | None = None
    tax_amount_set: MoneySet | None = None


class Transaction(msgspec.Struct):
    kind: str | None = None
    status: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    test: bool | None = None


class Refund(msgspec.Struct):
    id: Id
    order_id: Id | None = None
    admin_graphql_api_id: str | None = None
    created_at: Moment | None = None
    processed_at: Moment | None = None
    refund_line_items: list[RefundLine] | None = None
    refund_shipping_lines: list[RefundShipping] | None = None
    order_adjustments: list[Adjustment] | None = None
    transactions: list[Transaction] | None = None


class Buyer(msgspec.Struct):
    id: Id | None = None
    admin_graphql_api_id: str | None = None
    email: str | None = None


class Address(msgspec.Struct):
    country_code: str | None = None
    province_code: str | None = None


class DiscountCode(msgspec.Struct):
    code: str | None = None


class DiscountApplication(msgspec.Struct):
    type: str | None = None
    title: str | None = None
    target_type: str | None = None


class Order(msgspec.Struct):
    id: Id
    currency: str
    admin_graphql_api_id: str | None = None
    created_at: Moment | None = None
    processed_at: Moment | None = None
    updated_at: Moment | None = None
    cancelled_at: Moment | None = None
    cancel_reason: str | None = None
    taxes_included: bool | None = None
    test: bool | None = None
    source_name: Id | None = None
    location_id: Id | None = None
    user_id: Id | None = None
    email: str | None = None
    customer: Buyer | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    discount_codes: list[DiscountCode] | None = None
    discount_applications: list[DiscountApplication] | None = None
    line_items: list[LineItem] | None = None
    shipping_lines: list[ShippingLine] | None = None
    total_tax: Decimal | None = None
    total_tax_set: MoneySet | None = None
    refunds: list[Refund] | None = None


class Redaction(msgspec.Struct):
    """`shop_domain` is asked for, so that no order is taken for one."""

    shop_domain: str
    customer: Buyer


class Deleted(msgspec.Struct):
    id: Id


def number(identifier: Id, gid: str | None) -> str:
    """An object's id. `admin_graphql_api_id` bears it as a text, which no relay can have rounded."""
    found = _GID.fullmatch(gid or "")
    return found[1] if found else str(identifier)


def staff_number(identifier: Id | None) -> str | None:
    """A member of staff by the number that `user_id` has too."""
    return None if identifier is None else number(identifier, str(identifier))


def cents(both: MoneySet | None, plain: Decimal | None, currency: str, field: str) -> int:
    """Minor units of the shop's currency; 0 where nothing is said.

    :raises Invalid: naming the field, when it is of another currency than the order.
    """
    if both is None or both.shop_money is None:
        return 0 if plain is None else minor(plain, currency, field)
    if both.shop_money.currency_code != currency:
        raise Invalid(
            f"is of {both.shop_money.currency_code}, the order of {currency}",
            field=field,
            mend="an order is of one currency, the shop's",
        )
    return minor(both.shop_money.amount, currency, field)


def taxes(lines: list[TaxLine] | None, currency: str) -> int:
    """What taxes add up to, in minor units."""
    return sum(cents(line.price_set, line.price, currency, "tax_lines") for line in lines or [])
