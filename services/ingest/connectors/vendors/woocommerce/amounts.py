"""An order's lines to the minor unit, adding up to what the order says.

WooCommerce reckons with parts of a cent, rounds lines for display, and rounds the order's totals by themselves: its
lines may then miss them by a cent or two, which largest remainders make up for. Where they miss them by more, something
else is in the total (a plugin's gift card), and the lines are believed.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from services.common.events.orders import OrderLine
from services.common.money import round_half_even, share
from services.ingest.connectors.reading.baskets import named, whole
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.vendors.woocommerce.account import WooCommerceAccount
from services.ingest.connectors.vendors.woocommerce.payloads import Charge, LineItem, Order, meta, scaled

UNNAMED = "custom item"


class Totals(NamedTuple):
    """What an order costs, in minor units: its goods without tax, all of it, and the tax in that."""

    goods: int
    total: int
    tax: int


def order_lines(order: Order, account: WooCommerceAccount, names: Names) -> list[OrderLine]:
    items = order.line_items or []
    if not items:
        return []
    currency = order.currency
    nets = [scaled(item.total, currency, "line_items.total") for item in items]
    net = whole(nets, _near(sum(nets, Decimal(0)), _goods_in_total(order), len(items)))
    full = [
        scaled(item.total if item.subtotal is None else item.subtotal, currency, "line_items.subtotal")
        for item in items
    ]
    discounted = sum(net) + scaled(order.discount_total, currency, "discount_total")
    gross = whole(full, _near(sum(full, Decimal(0)), discounted, len(items)))
    taken_off = share(_fees_that_take_off(order), net)
    return [
        OrderLine(
            sku=sku_of(item),
            quantity=units(item),
            gross_minor=before,
            discount_minor=before - after + fee,
            rep_id=names.rep(named(meta(item.meta_data, account.rep_key))),
        )
        for item, before, after, fee in zip(items, gross, net, taken_off, strict=True)
    ]


def totals(order: Order, lines: Sequence[OrderLine]) -> Totals:
    total = round_half_even(scaled(order.total, order.currency, "total"))
    tax = round_half_even(scaled(order.total_tax, order.currency, "total_tax"))
    return Totals(sum(line.gross_minor - line.discount_minor for line in lines), total, tax)


def sku_of(item: LineItem) -> str:
    """What was sold; a product without a sku, or that is gone, by its id."""
    product = item.variation_id or item.product_id
    return named(item.sku) or (f"product/{product}" if product else UNNAMED)


def units(item: LineItem) -> int:
    """Whole units: of what is sold by weight or length the nearest number of them."""
    return round_half_even(scaled(item.quantity, "JPY", "line_items.quantity"))


def charged(charges: Sequence[Charge] | None, currency: str) -> Decimal:
    """Fees or shipping in minor units, without tax."""
    return sum((scaled(charge.total, currency, "fee_lines.total") for charge in charges or []), Decimal(0))


def _goods_in_total(order: Order) -> Decimal:
    """What is left of the order's total without tax, shipping and fees."""
    currency = order.currency
    apart = scaled(order.total_tax, currency, "total_tax") + scaled(order.shipping_total, currency, "shipping_total")
    return scaled(order.total, currency, "total") - apart - charged(order.fee_lines, currency)


def _near(added_up: Decimal, stated: Decimal, lines: int) -> int:
    """What lines are to add up to: what is stated, where they miss it by no more than rounding does."""
    return round_half_even(stated if abs(added_up - stated) <= lines else added_up)


def _fees_that_take_off(order: Order) -> int:
    """A fee below zero is how plugins make discounts; one above it is no goods, as shipping is none."""
    below = [fee for fee in order.fee_lines or [] if fee.total is not None and fee.total.is_finite() and fee.total < 0]
    return round_half_even(-charged(below, order.currency))
