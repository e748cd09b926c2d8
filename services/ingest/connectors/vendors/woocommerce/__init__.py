"""WooCommerce: orders, and what of them is given back."""

from services.ingest.connectors.connector import Connector, Facts, Field, Topic
from services.ingest.connectors.vendors.woocommerce.account import WooCommerceAccount
from services.ingest.connectors.vendors.woocommerce.deliveries import TOPIC, greets, read, verify
from services.ingest.connectors.vendors.woocommerce.pulling import fetch, pages, terms

FACTS = Facts(
    title="WooCommerce",
    docs="https://woocommerce.com/document/webhooks/",
    signed="`X-WC-Webhook-Signature`: HMAC-SHA256 of the body, in base64",
    signed_with="the secret that you give the webhook",
    steps=(
        "As an administrator open WooCommerce > Settings > Advanced > Webhooks, and choose Add webhook.",
        "Add one each for the topics Order created, Order updated, Order deleted and Order restored: status Active, "
        "delivery URL `{url}`, API version WP REST API Integration v3.",
        "Give all of them one secret, the one in `{secret_file}`. Left empty, WooCommerce takes one that you do not "
        "know.",
        "For the dates of refunds, and to ask for what was missed, add a key with the permission Read under Advanced > "
        "REST API, and put `consumer key:consumer secret` into `token_file`. `site` is then the shop's address.",
    ),
    topics=(
        Topic(
            "order.created, order.updated",
            "in the statuses of `count_from`, and refunded: `order.placed`, and `order.returned` of each refund; "
            "cancelled, failed or in the trash: `order.cancelled`, after `order.placed` if it was paid; pending, on "
            "hold or a draft: nothing, and what was said of it before stands",
        ),
        Topic("order.deleted", "`order.cancelled`, but for `deletions: ignored`"),
        Topic("order.restored", "as `order.updated`: it counts again"),
        Topic("all else", "nothing; the trial when a webhook is saved is answered"),
    ),
    fields=(
        Field("order_id", "`id`"),
        Field("time", "`date_created_gmt`; of a refund its own, by the API, else when it was first heard of"),
        Field("revision", "`date_modified_gmt`"),
        Field("channel", "`created_via`, or the meta key `channel_key`, by `channels`"),
        Field("store_id", "the meta key `store_key`, by `stores`"),
        Field("region", "country and state of the shipping address, else of the billing address, by `regions`"),
        Field("customer_id", "`customer_id`, or the e-mail of the bill, by a keyed hash; none for guests without one"),
        Field("rep_id", "the meta key `rep_key` of the order, and of its lines, by `reps`"),
        Field("promotion_ids", "`coupon_lines`"),
        Field("lines[].sku", "`sku`, else `product/` and the id of the variation or product"),
        Field("lines[].gross_minor", "`subtotal`"),
        Field("lines[].discount_minor", "`subtotal` less `total`; fees below zero are shared over the lines"),
        Field("amount_minor of a return", "the `total` of the refund's lines, by the API, else its goods' share"),
    ),
    traps=(
        "WooCommerce does not send again what could not be delivered, and stops a webhook after five failures in a "
        "row: set `token_file` and `sync_every`.",
        "An order mentions its refunds without a date, with tax and shipping inside. Without `token_file` each counts "
        "from when it was first heard of, by the goods' share of the order's total.",
        "A refund that is deleted goes on counting: nothing tells which one it was.",
        "When an order was cancelled is not told: it is cancelled from its last change. Likewise an order that is "
        "deleted after it was cancelled: `deletions: ignored` keeps that day, if you clean old orders away.",
        "Lines are rounded so that they add up to the order's total. A `total` that is lower by more than rounding "
        "(a plugin's gift cards) is a way to pay, and takes nothing off the goods.",
        "Fees above zero and shipping are no goods.",
        "An order that WordPress has anonymised names its customer no more, but where it was void: that one is left as "
        "it was.",
        "A webhook made by somebody who may not see orders sends an error in place of the order: it is refused, and "
        "the refusal says so.",
        "Times of updates are whole seconds: of two states of one second either may stand, until the next update.",
    ),
    test="Save a webhook: its trial arrives. Then change an order and save it: that one counts.",
)

CONNECTOR = Connector(
    vendor="woocommerce",
    facts=FACTS,
    account=WooCommerceAccount,
    verify=verify,
    read=read,
    greets=greets,
    topic_header=TOPIC,
    terms=terms,
    fetch=fetch,
    pages=pages,
)
