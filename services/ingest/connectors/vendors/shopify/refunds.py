"""What a refund of Shopify gives back: goods at what was paid for them, without tax; not shipping, tips or gift cards.

An order's own payload tells whether taxes are inside of prices. A refund's does not: there it is seen from the money
that went back, and what the order says later stands above it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from services.common.errors import Invalid
from services.common.events.orders import MAX_LINES, OrderReturned, ReturnLine
from services.common.money import part_of, share
from services.ingest.connectors.connector import Reading, Said, Wanted
from services.ingest.connectors.reading.payloads import EPOCH, minor
from services.ingest.connectors.vendors.shopify.account import ShopifyAccount
from services.ingest.connectors.vendors.shopify.amounts import sku_of
from services.ingest.connectors.vendors.shopify.payloads import (
    Adjustment,
    LineItem,
    MoneySet,
    Refund,
    RefundLine,
    cents,
    number,
)

DISCREPANCY = "refund_discrepancy"
SHIPPING = "shipping_refund"
ORDER = "order"


class Known(NamedTuple):
    """What is known of an order whose refund is read.

    `goods` of `paid`: how much of what its goods cost is left without tax, in minor units; `items`: its lines by id.
    `channel`, `rep` and `region` are its own, where they are known; `revision`: that of what is said.
    """

    order_id: str
    currency: str
    taxes_included: bool
    goods: int = 1
    paid: int = 1
    items: Mapping[str, LineItem] = {}
    channel: str | None = None
    rep: str | None = None
    region: str | None = None
    revision: int = 0


def all_returned(refunds: Sequence[Refund], order: Known, account: ShopifyAccount) -> list[Said]:
    """What an order's refunds give back.

    Less money than the goods are worth makes a return no smaller: the goods are back. A refund whose payment is pending
    states that of all its money, and another takes it back when it is paid: so money is beyond the goods only as far as
    that of all refunds together is.
    """
    said, balance, beyond = [], 0, 0
    for refund in sorted(refunds, key=_when):
        balance += _money_beyond(refund, order.currency)
        grown = max(0, balance - beyond)
        beyond += grown
        # One of money alone is told though it be nothing: by itself it may have said otherwise.
        if _goods(refund, order) or _adjustments(refund, DISCREPANCY):
            said.append(_returned(refund, order, account, grown))
    return said


def refund_reading(topic: str, refund: Refund, account: ShopifyAccount) -> Reading:
    """What a refund says by itself. Whatever an order says of it stands above: that has a revision, this has none."""
    if any(transaction.test for transaction in refund.transactions or []):
        return Reading(topic, ignored="a refund of a test order")
    currency = _currency_of(refund)
    inside = taxes_inside(refund, currency)
    order_id = _order_id(refund)
    known = Known(order_id, currency, account.prices_include_tax == "yes" if inside is None else inside)
    beyond = max(0, _money_beyond(refund, currency))
    if not _goods(refund, known) and not (beyond and account.price_reductions == "returned"):
        return Reading(topic, ignored="no goods were given back")
    is_certain = inside is not None and not beyond
    wanted = () if is_certain else (Wanted(ORDER, order_id),)
    return Reading(topic, (_returned(refund, known, account, beyond),), wanted)


def taxes_inside(refund: Refund, currency: str) -> bool | None:
    """Are taxes inside of the prices? So it is if the money that went back is the goods', else the goods' and the
    taxes'; none where neither or both can be.
    """
    lines = refund.refund_line_items or []
    tax = sum(_tax(line, currency) for line in lines)
    if not tax:
        return False
    goods = sum(_subtotal(line, currency) for line in lines)
    shipping, shipping_tax = _shipping(refund, currency)
    fixed = goods + shipping + _money_beyond(refund, currency)
    sums = _money_back(refund, currency)
    inside = bool(sums & {fixed, fixed + shipping_tax})
    outside = fixed + tax + shipping_tax in sums
    return None if inside == outside else inside


def _returned(refund: Refund, order: Known, account: ShopifyAccount, beyond: int) -> Said:
    """What a refund gives back, with it money beyond the goods, less the order's share of tax."""
    lines = [_return_line(line, item, order) for line, item in _goods(refund, order)]
    time = refund.processed_at or refund.created_at
    if time is None:
        raise Invalid("is missing", field="processed_at", mend="have Shopify say when the refund was made")
    more = beyond if account.price_reductions == "returned" else 0
    more = part_of(more, order.goods, order.paid) if order.paid else more
    data = OrderReturned(
        return_id=number(refund.id, refund.admin_graphql_api_id),
        currency=order.currency,
        amount_minor=sum(line.amount_minor for line in lines) + more,
        lines=_with(more, lines) if 0 < len(lines) <= MAX_LINES else (),
        channel=order.channel,
        rep_id=order.rep,
        region=order.region,
        revision=order.revision,
    )
    return Said("order.returned", order.order_id, time, data)


def _goods(refund: Refund, order: Known) -> list[tuple[RefundLine, LineItem | None]]:
    lines = [
        (line, line.line_item or order.items.get(str(line.line_item_id))) for line in refund.refund_line_items or []
    ]
    return [(line, item) for line, item in lines if item is None or item.is_goods]


def _return_line(line: RefundLine, item: LineItem | None, order: Known) -> ReturnLine:
    """`subtotal` is after discount, with the tax in it where prices have it."""
    inside = _tax(line, order.currency) if order.taxes_included else 0
    amount = _subtotal(line, order.currency) - inside
    return ReturnLine(sku=sku_of(item), quantity=line.quantity, amount_minor=amount)


def _with(beyond: int, lines: list[ReturnLine]) -> tuple[ReturnLine, ...]:
    """Lines that money beyond the goods is shared over, by amount."""
    parts = share(beyond, [line.amount_minor for line in lines])
    return tuple(
        msgspec.structs.replace(line, amount_minor=line.amount_minor + part)
        for line, part in zip(lines, parts, strict=True)
    )


def _when(refund: Refund) -> tuple[bool, datetime, str]:
    time = refund.processed_at or refund.created_at
    return time is not None, time or EPOCH, str(refund.id)


def _money_beyond(refund: Refund, currency: str) -> int:
    """How much more went back than the goods and all else in a refund are worth; below 0: less."""
    return -sum(_adjusted(one, currency) for one in _adjustments(refund, DISCREPANCY))


def _adjustments(refund: Refund, kind: str) -> list[Adjustment]:
    return [one for one in refund.order_adjustments or [] if one.kind == kind]


def _adjusted(one: Adjustment, currency: str) -> int:
    return cents(one.amount_set, one.amount, currency, "order_adjustments.amount") + cents(
        one.tax_amount_set, one.tax_amount, currency, "order_adjustments.tax_amount"
    )


def _shipping(refund: Refund, currency: str) -> tuple[int, int]:
    """Of shipping, what went back and the tax on it: on lines of its own since 2024-10, an adjustment before."""
    lines, adjustments = refund.refund_shipping_lines or [], _adjustments(refund, SHIPPING)
    back = sum(cents(line.subtotal_amount_set, None, currency, "refund_shipping_lines") for line in lines)
    tax = sum(cents(line.tax_amount_set, None, currency, "refund_shipping_lines") for line in lines)
    if lines:
        return back, tax
    return (
        -sum(cents(one.amount_set, one.amount, currency, "order_adjustments.amount") for one in adjustments),
        -sum(cents(one.tax_amount_set, one.tax_amount, currency, "order_adjustments.amount") for one in adjustments),
    )


def _money_back(refund: Refund, currency: str) -> set[int]:
    """What went back, and what will have when all that is pending has; nothing where it is of another currency."""
    payments = [one for one in refund.transactions or [] if one.kind == "refund" and one.amount is not None]
    done = [one for one in payments if one.status == "success"]
    begun = [one for one in payments if one.status in ("success", "pending")]
    return {
        sum(minor(one.amount, currency, "transactions.amount") for one in some if one.amount is not None)
        for some in (done, begun)
        if all(one.currency in (None, currency) for one in some)
    }


def _subtotal(line: RefundLine, currency: str) -> int:
    return cents(line.subtotal_set, line.subtotal, currency, "refund_line_items.subtotal")


def _tax(line: RefundLine, currency: str) -> int:
    return cents(line.total_tax_set, line.total_tax, currency, "refund_line_items.total_tax")


def _currency_of(refund: Refund) -> str:
    both: list[MoneySet | None] = [line.subtotal_set for line in refund.refund_line_items or []]
    both += [one.amount_set for one in refund.order_adjustments or []]
    both += [line.subtotal_amount_set for line in refund.refund_shipping_lines or []]
    codes = [one.shop_money.currency_code for one in both if one is not None and one.shop_money is not None]
    codes += [one.currency for one in refund.transactions or [] if one.currency]
    if not codes:
        raise Invalid("is missing", field="currency", mend="its order tells it: subscribe to orders/updated too")
    return codes[0]


def _order_id(refund: Refund) -> str:
    """The order's id, which no field gives as a text: a relay that has rounded the refund's has rounded it too."""
    if refund.order_id is None:
        raise Invalid("is missing", field="order_id", mend="have Shopify send the refund whole")
    if number(refund.id, refund.admin_graphql_api_id) != str(refund.id):
        raise Invalid("was rounded on its way", field="order_id", mend="its order tells it: leave ids as they are")
    return str(refund.order_id)
