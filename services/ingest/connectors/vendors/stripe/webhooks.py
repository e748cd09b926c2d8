"""Which of Stripe's events are taken for its own, and what they say."""

import hmac
from collections.abc import Sequence
from datetime import timedelta

from services.common.errors import Unauthenticated
from services.ingest.connectors.connector import Delivery, Reading, Wanted
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import read_json
from services.ingest.connectors.signing.signatures import MEND, epoch, require_recent, sha256_hex
from services.ingest.connectors.vendors.stripe.account import StripeAccount
from services.ingest.connectors.vendors.stripe.orders import order_of, unsold
from services.ingest.connectors.vendors.stripe.payloads import ChargeEvent, Event, RefundEvent, Session, SessionEvent
from services.ingest.connectors.vendors.stripe.refunds import charge_refunded, returned, taken_back

SIGNATURE = "stripe-signature"
TOLERANCE = timedelta(minutes=5)
SALES = frozenset({"checkout.session.completed", "checkout.session.async_payment_succeeded"})
REFUNDS = frozenset({"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"})
SESSION, PAYMENT = "session", "payment"
"""Kinds of what is asked for: a session by its id, or all of a payment: its session and its refunds."""


def verify(delivery: Delivery, _: StripeAccount, secrets: Sequence[str]) -> None:
    """Stripe signs by each of its secrets while one is changed, and by `v0` in test mode, which counts for nothing."""
    parts = [part.partition("=") for part in delivery.headers.get(SIGNATURE, "").split(",")]
    sent = next((value for name, _, value in parts if name.strip() == "t"), None)
    require_recent(epoch(sent), SIGNATURE, delivery.received_at, TOLERANCE)
    message = f"{sent}.".encode() + delivery.body
    given = [value.encode() for name, _, value in parts if name.strip() == "v1"]
    expected = [sha256_hex(secret, message).encode() for secret in secrets]
    matches = [hmac.compare_digest(one, other) for one in given for other in expected]
    if not any(matches):
        raise Unauthenticated("is not that of this body", field=SIGNATURE, mend=MEND)


def read(delivery: Delivery, account: StripeAccount, names: Names) -> Reading:
    event = read_json(delivery.body, Event)
    if not event.livemode and account.test == "ignored":
        return Reading(event.type, ignored="test mode")
    if event.type in SALES:
        return _sale(event.type, delivery.body, account, names)
    if event.type in REFUNDS:
        return _refund(event.type, delivery.body, account)
    if event.type == "charge.refunded":
        return _charge(event.type, delivery.body, account)
    return Reading(event.type, ignored=_why(event.type))


def _sale(topic: str, body: bytes, account: StripeAccount, names: Names) -> Reading:
    session = read_json(body, SessionEvent).data.object
    why = unsold(session, account)
    if why:
        return Reading(topic, ignored=why)
    return Reading(topic, (order_of(session, account, names),), (wanted_of(session),))


def wanted_of(session: Session) -> Wanted:
    """What is to be asked for, to know the lines of a sale."""
    if session.payment_intent:
        return Wanted(PAYMENT, session.payment_intent)
    return Wanted(SESSION, session.id)


def _refund(topic: str, body: bytes, account: StripeAccount) -> Reading:
    refund = read_json(body, RefundEvent).data.object
    if account.refunds == "charge":
        if refund.failed:
            return Reading(topic, (taken_back(refund, account),))
        return Reading(topic, ignored="the account takes refunds from charge.refunded")
    wanted = (Wanted(PAYMENT, refund.payment_intent),) if refund.payment_intent else ()
    return Reading(topic, (returned(refund, account),), wanted)


def _charge(topic: str, body: bytes, account: StripeAccount) -> Reading:
    event = read_json(body, ChargeEvent)
    charge = event.data.object
    if account.refunds == "charge":
        return Reading(topic, (charge_refunded(event, account),))
    wanted = (Wanted(PAYMENT, charge.payment_intent),) if charge.payment_intent else ()
    if charge.refunds:
        # By their own ids, as refund.created says them: both may come.
        return Reading(topic, tuple(returned(refund, account) for refund in charge.refunds.data), wanted)
    return Reading(topic, wanted=wanted, ignored="the account takes refunds from refund.created")


def _why(topic: str) -> str:
    if topic == "checkout.session.async_payment_failed":
        return "the payment failed: nothing was sold"
    if topic.startswith("charge.dispute."):
        return "a dispute gives no goods back; what it costs is no sale's"
    if topic.startswith("invoice."):
        return "renewals of subscriptions are not sold by a checkout"
    return "nothing is made of it"
