"""Stripe: sales by Checkout and payment links, and refunds."""

from services.ingest.connectors.connector import Connector, Facts, Field, Topic
from services.ingest.connectors.vendors.stripe.account import StripeAccount
from services.ingest.connectors.vendors.stripe.pulling import fetch, pages, terms
from services.ingest.connectors.vendors.stripe.webhooks import read, verify

CONNECTOR = Connector(
    vendor="stripe",
    facts=Facts(
        title="Stripe",
        docs="https://docs.stripe.com/webhooks",
        signed="`Stripe-Signature`: HMAC-SHA256 of the time and the body, at most 5 minutes old",
        signed_with="the signing secret of the webhook endpoint, `whsec_…`",
        steps=(
            "In the Dashboard open Developers > Webhooks (Workbench > Webhooks), add a destination of your own account "
            "with the events checkout.session.completed, checkout.session.async_payment_succeeded, "
            "checkout.session.async_payment_failed, refund.created, refund.updated, refund.failed, and the endpoint "
            "`{url}`.",
            "Reveal its signing secret, and write it into `{secret_file}`. While you roll it, keep both: a line each.",
            "For lines, exact refunds and what was missed, make a restricted key under Developers > API keys that may "
            "read Checkout Sessions, Charges and Refunds, and PaymentIntents, and name its file in `token_file`.",
            "Have your shop put `rep_id`, `channel`, `store_id`, `promotion_ids` or `sku` into the session's metadata, "
            "where you want them told apart.",
        ),
        topics=(
            Topic("checkout.session.completed", "`order.placed` if it is paid; while it is not: nothing"),
            Topic("checkout.session.async_payment_succeeded", "`order.placed`"),
            Topic("checkout.session.async_payment_failed", "nothing: it was not sold"),
            Topic("refund.created, refund.updated", "`order.returned`"),
            Topic("refund.failed, charge.refund.updated", "`order.returned` of 0: taken back, if it failed"),
            Topic(
                "charge.refunded",
                "`order.returned` of the refunds inside it (before API version 2022-11-15); else nothing, unless the "
                "account says `refunds: charge`",
            ),
            Topic("charge.dispute.*, invoice.*", "nothing"),
        ),
        fields=(
            Field("order_id", "`payment_intent`, else the session's `id`"),
            Field("time", "the session's `created`"),
            Field("lines", "`line_items` by the API; else one line of the whole"),
            Field("sku", "`skus` of the account, `price.metadata.sku`, `price.lookup_key`, the product's id"),
            Field("gross_minor, discount_minor", "`amount_subtotal`, `amount_discount`, the tax inside them taken out"),
            Field("customer_id", "`customer`, or `customer_details.email`, by a keyed hash"),
            Field("region", "the country of shipping, else of billing, by `regions`"),
            Field("rep_id, channel, store_id, lead_id", "the session's metadata"),
            Field("promotion_ids", "the session's metadata, with commas between; else coupons"),
            Field("return_id, time of a return", "the refund's `id` and `created`"),
            Field("amount_minor of a return", "the goods' part of the refund, by the sale's own sums"),
        ),
        traps=(
            "A refund does not say how much of it is tax and shipping. With a token the sale's session tells; without "
            "one set `tax_percent`, or all of a refund is taken for goods.",
            "Without a token a refund of a payment that no checkout took is counted as a return all the same.",
            "A webhook of an API version from 2022-11-15 until before 2024-10-28 tells of card refunds by "
            "charge.refunded alone. Give it a token, move it to a later version, or say `refunds: charge`: then "
            "refund.* count only where they failed, and nothing is counted twice.",
            "Of a subscription the first payment counts, as the order of its session. Its renewals are no checkout's, "
            "and none of its refunds names the session: with a token they are left out, without one they count by "
            "themselves.",
            "Sales in test mode are ignored, unless the account says `test: counted`.",
            "Stripe gives the Icelandic krona and the Ugandan shilling two decimals and the ariary none; they are "
            "brought to those of ISO 4217.",
            "A session's moment is when it began, at most a day before it was paid: the API tells no other.",
            "Times of updates are whole seconds: of two states of one second either may stand, until the next update.",
        ),
        test="With `test: counted` for the while, pay by the card 4242 4242 4242 4242 in test mode, or send one again "
        "from the destination's Event deliveries.",
    ),
    account=StripeAccount,
    verify=verify,
    read=read,
    terms=terms,
    fetch=fetch,
    pages=pages,
)
