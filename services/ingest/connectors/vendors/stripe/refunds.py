"""From refunds to returns.

A refund gives back tax and shipping too, and does not say how much: the goods' part is had from the sale's session
by the API; until then it is reckoned by the account's `tax_percent`. A refund that failed has given nothing back.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from services.common.errors import Invalid
from services.common.events.orders import OrderReturned
from services.common.money import part_of
from services.ingest.connectors.connector import Said
from services.ingest.connectors.reading.payloads import from_milliseconds
from services.ingest.connectors.vendors.stripe.account import StripeAccount
from services.ingest.connectors.vendors.stripe.money import currency_of, units
from services.ingest.connectors.vendors.stripe.orders import goods_and_total
from services.ingest.connectors.vendors.stripe.payloads import ChargeEvent, Refund, Session

REASONS = frozenset({"duplicate", "fraudulent", "requested_by_customer", "expired_uncaptured_charge"})
LAST = 999
"""What stands above all else that is said of a refund: it failed. Stripe's seconds leave room for it."""


def returned(refund: Refund, account: StripeAccount) -> Said:
    """A refund as its own event tells it."""
    amount = 0 if refund.failed else _goods(refund.amount, refund.currency, account)
    return _return(refund, amount, LAST if refund.failed else 0, account)


def returned_of(session: Session | None, refunds: Sequence[Refund], account: StripeAccount) -> Iterator[Said]:
    """All refunds of a payment, which together give back all of its goods and no more. Without a session the payment
    was no sale of ours, and neither is what is given back.

    A failure changes what the others are rounded to, and a session what all of them are: they are said anew.
    """
    net, total = goods_and_total(session) if session else (0, 1)
    revision = min(1 + 2 * sum(refund.failed for refund in refunds) + bool(session), LAST - 1)
    so_far = 0
    for refund in sorted(refunds, key=lambda refund: (refund.created, refund.id)):
        if refund.failed:
            yield _return(refund, 0, LAST, account)
            continue
        before = so_far
        so_far += units(refund.amount, currency_of(refund.currency), "amount")
        amount = part_of(so_far, net, total or 1) - part_of(before, net, total or 1)
        yield _return(refund, amount, revision, account)


def charge_refunded(event: ChargeEvent, account: StripeAccount) -> Said:
    """What one `charge.refunded` adds to what was refunded of a charge: the account has no other word of it.

    :raises Invalid: when it does not say what was refunded before.
    """
    charge, before = event.data.object, event.data.previous_attributes.amount_refunded
    if before is None:
        field = "data.previous_attributes.amount_refunded"
        raise Invalid("is missing", field=field, mend="Stripe documents it otherwise")
    amount = _goods(charge.amount_refunded - before, charge.currency, account)
    data = OrderReturned(
        return_id=event.id,
        currency=currency_of(charge.currency),
        amount_minor=amount,
        channel=account.channel,
        revision=event.created * 1000,
    )
    return Said(
        "order.returned", charge.payment_intent or charge.id, from_milliseconds(event.created * 1000, "created"), data
    )


def taken_back(refund: Refund, account: StripeAccount) -> Said:
    """A failed refund whose amount was counted by `charge.refunded`, which cannot be named: given back with a minus."""
    return _return(refund, -_goods(refund.amount, refund.currency, account), LAST, account)


def _return(refund: Refund, amount: int, step: int, account: StripeAccount) -> Said:
    data = OrderReturned(
        return_id=refund.id,
        currency=currency_of(refund.currency),
        amount_minor=amount,
        reason=refund.reason if refund.reason in REASONS else None,
        channel=account.channel,
        revision=refund.created * 1000 + step,
    )
    return Said("order.returned", refund.order_id, from_milliseconds(refund.created * 1000, "created"), data)


def _goods(amount: int, currency: str, account: StripeAccount) -> int:
    """An amount without the account's tax, in minor units, rounded once."""
    whole = 1 + Fraction(account.tax_percent) / 100
    return round(units(amount, currency_of(currency), "amount") / whole)
