"""What an order of WooCommerce says: whether it is a sale, of what, and what of it was given back."""

from collections.abc import Sequence
from datetime import datetime

from services.common.errors import Invalid
from services.common.events.fields import NAME_LENGTH
from services.common.events.orders import OrderCancelled, OrderLine, OrderPlaced
from services.common.money import round_half_even
from services.ingest.connectors.connector import Reading, Said, Wanted
from services.ingest.connectors.reading.baskets import (
    UNKNOWN_CHANNEL,
    first_region,
    fitting,
    named,
    promotions,
)
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import by_table, milliseconds
from services.ingest.connectors.vendors.woocommerce.account import USUAL_CHANNELS, WooCommerceAccount
from services.ingest.connectors.vendors.woocommerce.amounts import order_lines, totals
from services.ingest.connectors.vendors.woocommerce.payloads import Order, Refund, meta, moment, scaled
from services.ingest.connectors.vendors.woocommerce.refunds import Sold, exact, mentioned, wholly_refunded

REFUNDED = "refunded"
REFUNDS = "refunds"
VOID = frozenset({"cancelled", "failed", "trash"})
ANONYMIZED_KEY = "_anonymized"
NOBODY = "@site.invalid"
"""What the addresses end in that WordPress puts in place of those it erases: all of them are the same."""


def updated(order: Order) -> datetime:
    """When an order was changed last.

    :raises Invalid: when WooCommerce says so of nothing: it sent an error, or an order as its old API has it.
    """
    if order.id is None:
        raise Invalid(
            "is missing",
            field="id",
            mend="have an administrator make the webhook, with API version WP REST API Integration v3",
        )
    return moment(order.date_modified_gmt or order.date_created_gmt, "date_modified_gmt")


def order_reading(
    topic: str,
    order: Order,
    account: WooCommerceAccount,
    names: Names,
    *,
    as_of: datetime,
    refunds: Sequence[Refund] | None = None,
) -> Reading:
    """All that an order says as it is at a time; with its refunds, where the API has told them, exactly. One that was
    void before it was paid was no sale, and neither is one with nothing left on it.
    """
    status = order.status.removeprefix("wc-")
    is_void = status in VOID
    if is_void and meta(order.meta_data, ANONYMIZED_KEY):
        return Reading(topic, ignored="void, and anonymised: nothing of it counts any more")
    if status not in account.statuses_of_sales and status != REFUNDED and not is_void:
        return Reading(topic, ignored="of a status that is no sale, or not yet: see `count_from`")
    lines = order_lines(order, account, names)
    if (is_void and order.date_paid_gmt is None) or not lines:
        return Reading(topic, (_void(order, status, as_of),))
    sold = _sold(order, lines, account, names, as_of)
    said = [_placed(order, lines, sold, account, names)]
    mentions = order.refunds or []
    said += mentioned(mentions, sold) if refunds is None else exact(refunds, sold)
    if is_void or (status == REFUNDED and not wholly_refunded(mentions, sold)):
        said.append(_void(order, status, as_of))
    wanted = (Wanted(REFUNDS, sold.order_id),) if mentions and refunds is None else ()
    return Reading(topic, tuple(said), wanted)


def _void(order: Order, status: str, as_of: datetime) -> Said:
    data = OrderCancelled(reason=status, revision=milliseconds(as_of))
    return Said("order.cancelled", str(order.id), as_of, data)


def _placed(order: Order, lines: Sequence[OrderLine], sold: Sold, account: WooCommerceAccount, names: Names) -> Said:
    data = OrderPlaced(
        channel=sold.channel,
        currency=sold.currency,
        lines=fitting(lines),
        customer_id=_customer(order, names),
        rep_id=sold.rep,
        store_id=_store(order, account),
        region=sold.region,
        promotion_ids=promotions(coupon.code for coupon in order.coupon_lines or []),
        tax_minor=sold.totals.tax,
        shipping_minor=round_half_even(scaled(order.shipping_total, sold.currency, "shipping_total")),
        revision=milliseconds(sold.as_of),
    )
    return Said("order.placed", sold.order_id, moment(order.date_created_gmt, "date_created_gmt"), data)


def _sold(order: Order, lines: Sequence[OrderLine], account: WooCommerceAccount, names: Names, as_of: datetime) -> Sold:
    return Sold(
        order_id=str(order.id),
        currency=order.currency,
        totals=totals(order, lines),
        channel=_channel(order, account),
        rep=names.rep(named(meta(order.meta_data, account.rep_key))),
        region=_region(order, account),
        as_of=as_of,
    )


def _channel(order: Order, account: WooCommerceAccount) -> str:
    told = named(meta(order.meta_data, account.channel_key)) or named(order.created_via)
    return named(by_table(told or "", {**USUAL_CHANNELS, **account.channels}), NAME_LENGTH) or UNKNOWN_CHANNEL


def _store(order: Order, account: WooCommerceAccount) -> str | None:
    told = named(meta(order.meta_data, account.store_key))
    return None if told is None else named(by_table(told, account.stores), NAME_LENGTH)


def _region(order: Order, account: WooCommerceAccount) -> str | None:
    """Where it goes, else where the bill goes."""
    return first_region(((one.country, one.state) for one in (order.shipping, order.billing) if one), account.regions)


def _customer(order: Order, names: Names) -> str | None:
    email = order.billing.email if order.billing is not None else None
    return names.customer(order.customer_id, None if (email or "").endswith(NOBODY) else email)
