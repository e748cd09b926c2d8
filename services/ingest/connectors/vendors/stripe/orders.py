"""From checkout sessions to orders."""

from collections.abc import Mapping

from services.common.events.orders import OrderLine, OrderPlaced
from services.ingest.connectors.connector import Said
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import by_table, first, from_milliseconds
from services.ingest.connectors.vendors.stripe.account import StripeAccount
from services.ingest.connectors.vendors.stripe.money import (
    Goods,
    currency_of,
    goods_of,
    goods_of_line,
    tax_units,
    units,
)
from services.ingest.connectors.vendors.stripe.payloads import Line, Session, TotalDetails

SOLD = frozenset({"paid", "no_payment_required"})
"""Statuses of a sale; without a payment, a discount took all of it."""


def unsold(session: Session, account: StripeAccount) -> str:
    """Why a session is no sale; empty: it is one."""
    if not session.livemode and account.test == "ignored":
        return "test mode"
    if session.mode == "setup":
        return "a means of payment was kept, nothing sold"
    if session.payment_status not in SOLD:
        return "not paid yet"
    if not session.amount_subtotal:
        return "nothing was charged"
    return ""


def order_of(session: Session, account: StripeAccount, names: Names) -> Said:
    """The sale, at the moment when its session began: the only one that webhooks and the API agree upon.

    A paid session does not change; one whose lines are known says more, and stands above.

    :raises Invalid: naming the field that cannot be.
    """
    currency = currency_of(session.currency)
    words = _words(session.metadata, account)
    details = session.total_details or TotalDetails()
    lines = session.line_items.data if session.line_items else []
    email = session.customer_details.email if session.customer_details else None
    data = OrderPlaced(
        channel=words.get("channel") or account.channel,
        currency=currency,
        lines=tuple(_sold(line, currency, account) for line in lines) or (_whole(session, currency, words, account),),
        customer_id=names.customer(session.customer, email or session.customer_email),
        rep_id=names.rep(words.get("rep_id")),
        lead_id=words.get("lead_id"),
        store_id=words.get("store_id"),
        region=by_table(session.country, account.regions) if session.country else None,
        promotion_ids=_promotions(session, words),
        tax_minor=tax_units(details.amount_tax or 0, currency),
        shipping_minor=tax_units(details.amount_shipping or 0, currency),
        revision=session.created * 1000 + bool(lines),
    )
    return Said("order.placed", session.order_id, from_milliseconds(session.created * 1000, "created"), data)


def goods_and_total(session: Session) -> tuple[int, int]:
    """Of what was paid: what the goods cost, net, and all of it. Minor units.

    :raises Invalid: naming the field that cannot be.
    """
    currency = currency_of(session.currency)
    lines = session.line_items.data if session.line_items else []
    goods = [goods_of_line(line, currency) for line in lines] or [goods_of(session, currency)]
    net = sum(part.net for part in goods)
    return net, net if session.amount_total is None else units(session.amount_total, currency, "amount_total")


def _sold(line: Line, currency: str, account: StripeAccount) -> OrderLine:
    return _line(_sku(line, account), line.quantity or 1, goods_of_line(line, currency))


def _whole(session: Session, currency: str, words: Mapping[str, str], account: StripeAccount) -> OrderLine:
    """All of the sale as one line."""
    return _line(words.get("sku") or account.sku, 1, goods_of(session, currency))


def _line(sku: str, quantity: int, goods: Goods) -> OrderLine:
    return OrderLine(sku=sku, quantity=quantity, gross_minor=goods.gross, discount_minor=goods.discount)


def _sku(line: Line, account: StripeAccount) -> str:
    """By the account's table, else the price's own word for it, else Stripe's id of the product."""
    price = line.price
    if price is None:
        return account.sku
    tabled = account.skus.get(price.id) or account.skus.get(price.product or "")
    return tabled or first((price.metadata or {}).get("sku"), price.lookup_key, price.product, price.id) or account.sku


def _words(metadata: Mapping[str, str | None] | None, account: StripeAccount) -> dict[str, str]:
    """What the metadata say, by our words."""
    ours = ("sku", "channel", "rep_id", "lead_id", "store_id", "promotion_ids")
    found = {word: first((metadata or {}).get(account.metadata.get(word, word))) for word in ours}
    return {word: text for word, text in found.items() if text}


def _promotions(session: Session, words: Mapping[str, str]) -> tuple[str, ...]:
    """Those that the metadata name, with commas between; else the coupons used."""
    named = [name.strip() for name in words.get("promotion_ids", "").split(",") if name.strip()]
    used = [first(discount.coupon, discount.promotion_code) for discount in session.discounts or []]
    return tuple(dict.fromkeys(named or [name for name in used if name]))
