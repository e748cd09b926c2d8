"""Events about orders. Topic `cadran.orders`, subject: the order's id."""

from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta

from services.common.events.fields import (
    LIMIT,
    Amount,
    CurrencyCode,
    Data,
    Id,
    Name,
    Problem,
    Quantity,
    Revision,
    Statement,
    Text,
)

MAX_LINES = 1000

Discount = Annotated[
    int, Meta(ge=-LIMIT, le=LIMIT, description="What was taken off the line, in minor units.", examples=[1300])
]


class OrderLine(Data, frozen=True, kw_only=True):
    """One line: `gross_minor` is its exact amount before discount, tax and shipping; `offer_id`: what brought it."""

    sku: Id
    quantity: Quantity
    gross_minor: Amount
    discount_minor: Discount = 0
    rep_id: Name | None = None
    offer_id: Id | None = None


class OrderPlaced(Statement, frozen=True, kw_only=True):
    """An order was placed. An order that is edited is sent again with the same time and a greater revision."""

    channel: Name
    currency: CurrencyCode
    lines: Annotated[tuple[OrderLine, ...], Meta(min_length=1, max_length=MAX_LINES)]
    customer_id: Id | None = None
    rep_id: Name | None = None
    lead_id: Id | None = None
    store_id: Name | None = None
    region: Name | None = None
    promotion_ids: Annotated[tuple[Id, ...], Meta(max_length=50)] = ()
    tax_minor: Amount | None = None
    shipping_minor: Amount | None = None

    def problems(self, zone: ZoneInfo) -> list[Problem]:
        if sum(abs(line.gross_minor) + abs(line.discount_minor) for line in self.lines) > LIMIT:
            return [Problem("lines", "add up to more than 10^12 minor units", "check the unit: amounts are in cents")]
        if sum(abs(line.quantity) for line in self.lines) > LIMIT:
            return [Problem("lines", "add up to more than 10^12 units", "check the quantities")]
        return []


class ReturnLine(Data, frozen=True, kw_only=True):
    """One line given back: `amount_minor` after discount, without tax and shipping; `offer_id`: what had brought it."""

    sku: Id
    quantity: Quantity
    amount_minor: Amount
    offer_id: Id | None = None


class OrderReturned(Statement, frozen=True, kw_only=True):
    """Goods were given back. Channel, rep and region are used only while the order itself is unknown."""

    return_id: Id
    currency: CurrencyCode
    amount_minor: Amount
    lines: Annotated[tuple[ReturnLine, ...], Meta(max_length=MAX_LINES)] = ()
    reason: Text | None = None
    channel: Name | None = None
    rep_id: Name | None = None
    region: Name | None = None

    def problems(self, zone: ZoneInfo) -> list[Problem]:
        stated = sum(line.amount_minor for line in self.lines)
        if self.lines and stated != self.amount_minor:
            mend = "send the amount of the goods on the lines, or leave the lines out to share it over the order's"
            return [Problem("lines", f"add up to {stated}, amount_minor is {self.amount_minor}", mend)]
        return []


class OrderCancelled(Data, frozen=True, kw_only=True):
    """An order is void. Without a revision, whatever its revision; with one, a greater `order.placed` revives it."""

    reason: Text | None = None
    revision: Revision | None = None
