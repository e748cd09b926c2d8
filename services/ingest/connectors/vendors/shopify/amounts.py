"""An order's lines without tax, to the minor unit."""

from fractions import Fraction
from typing import NamedTuple

from services.common.events.orders import OrderLine
from services.common.money import part_of, share
from services.ingest.connectors.reading.baskets import by_rep, named
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.vendors.shopify.payloads import (
    LineItem,
    Order,
    TaxLine,
    cents,
    staff_number,
    taxes,
)

CUSTOM_ITEM = "custom item"
HIGHEST_RATE = 10


class Paid(NamedTuple):
    """A line as it is paid, in minor units. `net`: after discount, with `tax` inside of it; `rate`: that of the tax."""

    item: LineItem
    net: int
    discount: int
    tax: int
    rate: Fraction

    @property
    def goods(self) -> int:
        return self.net - self.tax


def paid_lines(order: Order) -> list[Paid]:
    """The lines that are goods, with the tax that is inside of each."""
    items = [item for item in order.line_items or [] if item.is_goods]
    return [_paid(item, tax, order) for item, tax in zip(items, _taxes_inside(order, items), strict=True)]


def _paid(item: LineItem, tax: int, order: Order) -> Paid:
    discount = _discount(item, order.currency)
    rate = _rate(item.tax_lines) if order.taxes_included else Fraction()
    return Paid(item, _full(item, order.currency) - discount, discount, tax, rate)


def order_lines(order: Order, names: Names) -> list[OrderLine]:
    """The lines by who sold them, without tax: gross less discount is what is paid less the tax in it."""
    back = _refunded_quantities(order)
    return [
        part
        for line in paid_lines(order)
        for part in by_rep(_order_line(line, back.get(str(line.item.id), 0)), _sold_by(line.item, names))
    ]


def sku_of(item: LineItem | None) -> str:
    """What was sold. A line that somebody typed has no id: its title may say anything, and is not passed on."""
    if item is None:
        return CUSTOM_ITEM
    if sku := named(item.sku):
        return sku
    if item.variant_id:
        return f"variant/{item.variant_id}"
    return f"product/{item.product_id}" if item.product_id else CUSTOM_ITEM


def _order_line(line: Paid, given_back: int) -> OrderLine:
    item = line.item
    discount = _without_tax(line)
    gross = line.goods + discount
    sold = _sold(item, given_back)
    if sold != item.quantity:
        gross, discount = part_of(gross, sold, item.quantity), part_of(discount, sold, item.quantity)
    return OrderLine(sku=sku_of(item), quantity=sold, gross_minor=gross, discount_minor=discount)


def _sold(item: LineItem, given_back: int) -> int:
    """How many were sold: `quantity` keeps those that an edit took out again, which are refunded, or were no sale."""
    if item.current_quantity is None or item.quantity <= 0:
        return item.quantity
    return max(0, min(item.quantity, item.current_quantity + given_back))


def _refunded_quantities(order: Order) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in (line for refund in order.refunds or [] for line in refund.refund_line_items or []):
        found[str(line.line_item_id)] = found.get(str(line.line_item_id), 0) + line.quantity
    return found


def _sold_by(item: LineItem, names: Names) -> list[tuple[str, int]]:
    staff = [(names.rep(staff_number(one.id)), one.quantity) for one in item.attributed_staffs or []]
    return [(rep, quantity) for rep, quantity in staff if rep is not None]


def _full(item: LineItem, currency: str) -> int:
    return cents(item.price_set, item.price, currency, "line_items.price") * item.quantity


def _discount(item: LineItem, currency: str) -> int:
    """What was taken off, the line's part of discounts of the whole order included."""
    if item.discount_allocations is None:
        return cents(item.total_discount_set, item.total_discount, currency, "line_items.total_discount")
    return sum(cents(one.amount_set, one.amount, currency, "discount_allocations") for one in item.discount_allocations)


def _taxes_inside(order: Order, items: list[LineItem]) -> list[int]:
    """The tax that is inside of each line's price, exactly as Shopify states it. Orders that were imported may state it
    for the whole order alone: there it is shared by price, shipping included.
    """
    if not order.taxes_included:
        return [0] * len(items)
    shipping = order.shipping_lines or []
    if any(item.tax_lines for item in order.line_items or []) or any(line.tax_lines for line in shipping):
        return [taxes(item.tax_lines, order.currency) for item in items]
    total = cents(order.total_tax_set, order.total_tax, order.currency, "total_tax")
    weights = [_full(item, order.currency) - _discount(item, order.currency) for item in items]
    weights += [cents(s.discounted_price_set, s.discounted_price, order.currency, "shipping_lines") for s in shipping]
    return share(total, weights)[: len(items)] if weights else []


def _without_tax(line: Paid) -> int:
    """The discount less the tax that is inside of it: in the proportion of what is paid, and by the rates where nothing
    is.
    """
    if line.net:
        return line.discount - part_of(line.discount, line.tax, line.net)
    return round(line.discount / (1 + line.rate))


def _rate(lines: list[TaxLine] | None) -> Fraction:
    rates = [line.rate for line in lines or [] if line.rate is not None and line.rate.is_finite()]
    return sum((Fraction(rate) for rate in rates if 0 < rate < HIGHEST_RATE), Fraction())
