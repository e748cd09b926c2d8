"""Shopify: orders, what of them is given back, and customers who are to be forgotten."""

from services.ingest.connectors.connector import Connector, Facts, Field, Topic
from services.ingest.connectors.vendors.shopify.account import ShopifyAccount
from services.ingest.connectors.vendors.shopify.deliveries import TOPIC, read, verify
from services.ingest.connectors.vendors.shopify.pulling import fetch, pages, terms

FACTS = Facts(
    title="Shopify",
    docs="https://shopify.dev/docs/api/webhooks",
    signed="`X-Shopify-Hmac-Sha256`: HMAC-SHA256 of the body, in base64",
    signed_with="the text under the list of webhooks in the admin; for webhooks of an app, the app's client secret",
    steps=(
        "In the Shopify admin open Settings > Notifications > Webhooks, and choose Create webhook.",
        "Create one each for the events Order creation, Order update, Order cancellation and Refund create: format "
        "JSON, URL `{url}`, the latest API version.",
        "Copy the text after `Your webhooks will be signed with` into `{secret_file}`.",
        "To ask for what was missed (`cadran connectors sync`), make an app for your own shop in Shopify's Dev "
        "Dashboard with the scope `read_orders` (and `read_all_orders` for orders older than 60 days), install it in "
        "the shop, and put `client id:client secret` from its Settings into `token_file`; of an app that was made in "
        "the admin before 2026, its Admin API access token. `shop` is then the shop's own domain, "
        "`example.myshopify.com`.",
        "Webhooks of an app (its client secret signs them) may tell of the privacy topics too: give `{url}` for "
        "`customers/redact`, `customers/data_request` and `shop/redact`.",
    ),
    topics=(
        Topic("orders/create, orders/updated", "`order.placed` as it is now, `order.returned` of each of its refunds"),
        Topic("orders/paid, orders/fulfilled, orders/partially_fulfilled", "the same: each bears the whole order"),
        Topic("orders/cancelled", "the same, and `order.cancelled`"),
        Topic("refunds/create", "`order.returned`, until the order itself tells it exactly"),
        Topic("orders/delete", "`order.cancelled`"),
        Topic("customers/redact", "the customer is forgotten"),
        Topic("customers/data_request, shop/redact", "recorded: only pseudonyms are held of customers"),
        Topic("all else", "nothing; so of test notifications, test orders and drafts"),
    ),
    fields=(
        Field("order_id", "the number in `admin_graphql_api_id`, else `id`"),
        Field("time", "`processed_at`; of a refund its own; of a cancel `cancelled_at`"),
        Field(
            "revision",
            "`updated_at`; within its second, by `X-Shopify-Triggered-At`, and what the API tells comes last",
        ),
        Field("currency", "`currency`: the shop's. Amounts are those of `shop_money`"),
        Field("channel", "`source_name` by `channels`"),
        Field("store_id", "`location_id` by `stores`"),
        Field("region", "country and province of the shipping address, else of the billing address, by `regions`"),
        Field("customer_id", "`customer.id`, or the e-mail, by a keyed hash"),
        Field("rep_id", "`user_id` by `reps`; of a line `attributed_staffs`, split where several sold it"),
        Field("promotion_ids", "`discount_codes`, and the titles of automatic discounts on goods"),
        Field("lines[].sku", "`sku`, else `variant/` or `product/` and its id, else `custom item`"),
        Field("lines[].gross_minor", "`price_set` x `quantity`, without the tax that is inside of it"),
        Field("lines[].discount_minor", "the sum of `discount_allocations`, likewise"),
        Field("amount_minor of a return", "`subtotal_set` of the refund's lines, without the tax inside of it"),
    ),
    traps=(
        "An order counts from when it is placed, paid or not. One that is never paid must be cancelled in Shopify.",
        "Gift cards are no sale when they are sold: what they pay for is, then. Tips and shipping are none.",
        "An order that is edited keeps what was taken out of it in `line_items`, and tells of it as a refund: it "
        "counts as returned on that day. What is gone without a refund was no sale.",
        "Money given back beyond the goods (a refund of an amount) is a return of that worth, tax taken out by the "
        "order's share; `price_reductions: left_out` leaves it out. Less money back than the goods are worth makes the "
        "return no smaller.",
        "refunds/create does not say whether taxes are inside of its amounts. It is seen from the money that went "
        "back, else taken from `prices_include_tax`; Order update tells it exactly: subscribe to both.",
        "A deleted order counts as cancelled on the day it is deleted, though it was cancelled before.",
        "Without Shopify's approval for protected customer data an app's webhooks bear no e-mail: with "
        "`customers: email` such buyers are told apart by their id.",
        "Of orders with more than 1,000 lines the smallest are put together as `other`, one line of each rep.",
    ),
    test="In Settings > Notifications > Webhooks choose Send test notification: it arrives, and is ignored as a test.",
)

CONNECTOR = Connector(
    vendor="shopify",
    facts=FACTS,
    account=ShopifyAccount,
    verify=verify,
    read=read,
    topic_header=TOPIC,
    terms=terms,
    fetch=fetch,
    pages=pages,
)
