"""What refunds of WooCommerce give back.

An order merely mentions them: no date, and tax and shipping are inside of the amount. It then counts from when it was
first heard of, by the goods' share in the order. The API has each one's date and lines; what it says stands above every
mention.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from services.common.events.orders import MAX_LINES, OrderReturned, ReturnLine
from services.common.money import part_of, round_half_even, share
from services.ingest.connectors.connector import Said
from services.ingest.connectors.reading.baskets import whole
from services.ingest.connectors.reading.payloads import milliseconds
from services.ingest.connectors.vendors.woocommerce.amounts import Totals, charged, sku_of, units
from services.ingest.connectors.vendors.woocommerce.payloads import Id, Refund, RefundNote, moment, scaled

FIRST_SIGHT = 10**13
"""Revisions of mentions lie below it, the earliest highest, so that it stands; those of the API's refunds above it."""


class Sold(NamedTuple):
    """The order whose refunds are read. `as_of`: of when its state is."""

    order_id: str
    currency: str
    totals: Totals
    channel: str
    rep: str | None
    region: str | None
    as_of: datetime


class Back(NamedTuple):
    """What one refund gives back, in minor units: of goods without tax, and of all."""

    goods: int
    money: int
    lines: tuple[ReturnLine, ...] = ()


def mentioned(refunds: Sequence[RefundNote], order: Sold) -> list[Said]:
    """What the mentions of refunds in an order say: each gives back its part of what those before it have left."""
    is_tax_told = all(refund.total_tax is not None for refund in refunds)
    left = order.totals
    total = left.total - left.tax if is_tax_told else left.total
    goods, said = left.goods, []
    for refund in sorted(refunds, key=_place):
        money = abs(scaled(refund.total, order.currency, "refunds.total"))
        tax = abs(scaled(refund.total_tax, order.currency, "refunds.total_tax")) if is_tax_told else Decimal(0)
        amount = round_half_even(money - tax)
        part = _part(amount, goods, total)
        goods, total = goods - part, total - amount
        revision = FIRST_SIGHT - milliseconds(order.as_of)
        said.append(_returned(refund.id, order.as_of, Back(part, amount), order, revision))
    return said


def exact(refunds: Sequence[Refund], order: Sold) -> list[Said]:
    """What refunds say as the API has them: their lines, and of money beyond these the goods' part of what is left."""
    goods, total, said = order.totals.goods, order.totals.total, []
    for refund in sorted(refunds, key=_place):
        back = _back(refund, goods, total, order.currency)
        goods, total = goods - back.goods, total - back.money
        time = moment(refund.date_created_gmt, "date_created_gmt")
        said.append(_returned(refund.id, time, back, order, FIRST_SIGHT + milliseconds(order.as_of)))
    return said


def wholly_refunded(refunds: Iterable[RefundNote], order: Sold) -> bool:
    """Do an order's refunds give back all that was paid?"""
    back = sum((abs(scaled(refund.total, order.currency, "refunds.total")) for refund in refunds), Decimal(0))
    return round_half_even(back) >= order.totals.total


def _returned(refund_id: Id, time: datetime, back: Back, order: Sold, revision: int) -> Said:
    data = OrderReturned(
        return_id=str(refund_id),
        currency=order.currency,
        amount_minor=back.goods,
        lines=back.lines,
        channel=order.channel,
        rep_id=order.rep,
        region=order.region,
        revision=revision,
    )
    return Said("order.returned", order.order_id, time, data)


def _back(refund: Refund, goods: int, total: int, currency: str) -> Back:
    """`goods` and `total`: what is left of the order, in minor units."""
    items = refund.line_items or []
    amounts = [-scaled(item.total, currency, "line_items.total") for item in items]
    taxes = sum((-scaled(item.total_tax, currency, "line_items.total_tax") for item in items), Decimal(0))
    money = round_half_even(scaled(refund.amount, currency, "amount"))
    beyond = max(0, money - round_half_even(sum(amounts, Decimal(0)) + taxes + _apart(refund, currency)))
    if beyond <= len(items):
        beyond = 0  # no more than rounding leaves
    stated = round_half_even(sum(amounts, Decimal(0)))
    is_last = money >= total and not beyond and abs(goods - stated) <= len(items)
    parts = whole(amounts, goods if is_last else stated) if items else []
    more = _part(beyond, goods - sum(parts), total - (money - beyond))
    lines = tuple(
        ReturnLine(sku=sku_of(item), quantity=-units(item), amount_minor=part + extra)
        for item, part, extra in zip(items, parts, share(more, parts) if parts else [], strict=True)
    )
    return Back(sum(parts) + more, money, lines if len(lines) <= MAX_LINES else ())


def _apart(refund: Refund, currency: str) -> Decimal:
    """Shipping and fees that went back, with their taxes: no goods."""
    charges = [*(refund.shipping_lines or []), *(refund.fee_lines or [])]
    taxes = sum((scaled(charge.total_tax, currency, "shipping_lines.total_tax") for charge in charges), Decimal(0))
    return -(charged(charges, currency) + taxes)


def _part(amount: int, goods: int, total: int) -> int:
    return part_of(amount, goods, total) if total else 0


def _place(refund: RefundNote | Refund) -> tuple[int, str]:
    return len(str(refund.id)), str(refund.id)
