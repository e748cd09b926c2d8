"""What an order of Shopify says: what was sold, what of it was given back, and whether it is cancelled."""

from datetime import datetime

from services.common.errors import Invalid
from services.common.events.fields import NAME_LENGTH
from services.common.events.orders import OrderCancelled, OrderPlaced
from services.ingest.connectors.connector import Reading, Said
from services.ingest.connectors.reading.baskets import (
    UNKNOWN_CHANNEL,
    first_region,
    fitting,
    named,
    promotions,
)
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import by_table, milliseconds
from services.ingest.connectors.vendors.shopify.account import USUAL_CHANNELS, ShopifyAccount
from services.ingest.connectors.vendors.shopify.amounts import order_lines, paid_lines
from services.ingest.connectors.vendors.shopify.payloads import Id, Order, cents, number, taxes
from services.ingest.connectors.vendors.shopify.refunds import Known, all_returned

CANCEL_REASONS = frozenset({"customer", "declined", "fraud", "inventory", "other", "staff"})
REST_OF_SECOND = 999
"""Milliseconds."""
NAMED_DISCOUNTS = frozenset({"automatic", "script"})
"""Discounts whose title the shop gave; that of a `manual` one is what somebody typed at the till."""


def order_reading(
    topic: str, order: Order, account: ShopifyAccount, names: Names, *, told_at: datetime | None
) -> Reading:
    """All that an order says as it was told at a time; none: nobody knows when. A cancel bears the order's own
    revision, so that it holds until an update says otherwise.
    """
    if order.test:
        return Reading(topic, ignored="a test order")
    lines = order_lines(order, names)
    if not lines:
        return Reading(topic, ignored="nothing in it is goods: gift cards count when they pay, and tips are no sale")
    known = _known(order, account, names, told_at)
    placed = OrderPlaced(
        channel=known.channel or UNKNOWN_CHANNEL,
        currency=order.currency,
        lines=fitting(lines),
        customer_id=_customer(order, names),
        rep_id=known.rep,
        store_id=_place(order.location_id, account),
        region=known.region,
        promotion_ids=_promotions(order),
        tax_minor=cents(order.total_tax_set, order.total_tax, order.currency, "total_tax"),
        revision=known.revision,
    )
    said = [Said("order.placed", known.order_id, _moment(order.processed_at or order.created_at), placed)]
    said += all_returned(order.refunds or [], known, account)
    if order.cancelled_at is not None:
        reason = order.cancel_reason if order.cancel_reason in CANCEL_REASONS else None
        data = OrderCancelled(reason=reason, revision=known.revision)
        said.append(Said("order.cancelled", known.order_id, order.cancelled_at, data))
    return Reading(topic, tuple(said))


def _known(order: Order, account: ShopifyAccount, names: Names, told_at: datetime | None) -> Known:
    lines = paid_lines(order)
    outside = 0 if order.taxes_included else sum(taxes(line.item.tax_lines, order.currency) for line in lines)
    return Known(
        order_id=number(order.id, order.admin_graphql_api_id),
        currency=order.currency,
        taxes_included=bool(order.taxes_included),
        goods=sum(line.goods for line in lines),
        paid=sum(line.net for line in lines) + outside,
        items={str(item.id): item for item in order.line_items or []},
        channel=_channel(order, account),
        rep=names.rep(order.user_id),
        region=_region(order, account),
        revision=_revision(_moment(order.updated_at or order.created_at), told_at),
    )


def _revision(updated_at: datetime, told_at: datetime | None) -> int:
    """Updates have whole seconds: of two states of one, that which was told later stands."""
    updated = milliseconds(updated_at)
    return updated if told_at is None else min(max(milliseconds(told_at), updated), updated + REST_OF_SECOND)


def _moment(time: datetime | None) -> datetime:
    if time is None:
        raise Invalid("is missing", field="created_at", mend="have Shopify say when the order was placed and updated")
    return time


def _channel(order: Order, account: ShopifyAccount) -> str | None:
    return named(by_table(str(order.source_name or ""), {**USUAL_CHANNELS, **account.channels}), NAME_LENGTH)


def _place(location: Id | None, account: ShopifyAccount) -> str | None:
    return None if location is None else named(by_table(str(location), account.stores), NAME_LENGTH)


def _region(order: Order, account: ShopifyAccount) -> str | None:
    """Where it goes, else where the bill goes."""
    addresses = (order.shipping_address, order.billing_address)
    return first_region(((one.country_code, one.province_code) for one in addresses if one), account.regions)


def _customer(order: Order, names: Names) -> str | None:
    buyer = order.customer
    if buyer is None or buyer.id is None:
        return names.customer(None, order.email)
    return names.customer(number(buyer.id, buyer.admin_graphql_api_id), buyer.email or order.email)


def _promotions(order: Order) -> tuple[str, ...]:
    """Codes that were given, and discounts on goods that came by themselves: free shipping would be in nearly all."""
    found = [code.code for code in order.discount_codes or []]
    by_themselves = [one for one in order.discount_applications or [] if one.type in NAMED_DISCOUNTS]
    found += [one.title for one in by_themselves if one.target_type != "shipping_line"]
    return promotions(found)
