"""Asking Shopify's REST Admin API, whose orders are those of webhooks to the letter.

Shopify calls it legacy, and keeps it for a shop's own apps. GraphQL has the same under other names, which would be read
a second time.
"""

import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from functools import partial
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec

from services.common.errors import ConfigurationError
from services.common.events.fields import Moment
from services.ingest.connectors.asking.terms import ApiTerms, Login
from services.ingest.connectors.asking.vendor_api import VendorApi
from services.ingest.connectors.connector import Page, Reading, Wanted
from services.ingest.connectors.reading.listing import last_of, readable
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import read_json
from services.ingest.connectors.vendors.shopify.account import ShopifyAccount
from services.ingest.connectors.vendors.shopify.orders import order_reading
from services.ingest.connectors.vendors.shopify.payloads import Order

VERSION = "2026-10"
"""The Admin API's. Shopify answers by its oldest that is left once a version has gone, which is after a year."""
PAUSE = 0.5
"""A shop may be asked twice a second."""
PAGE_SIZE = 250
FIELDS = ",".join(Order.__struct_fields__)
"""Nothing else is asked for: what is not sent cannot be lost."""
TOPIC = "orders"
AFTERWARDS = datetime.max.replace(tzinfo=UTC)
"""When the API tells an order, as its webhooks see it: after all of them of the same second."""
LOGIN = "/admin/oauth/access_token"
HEADER = "X-Shopify-Access-Token"
"""The header of the token."""

_NEXT = re.compile(r'<([^>]+)>;\s*rel="?next"?')


class _One(msgspec.Struct):
    order: Order


class _Many(msgspec.Struct):
    orders: list[msgspec.Raw]


class _Place(msgspec.Struct):
    updated_at: Moment


class _Count(msgspec.Struct):
    count: int


def terms(account: ShopifyAccount, token: str) -> ApiTerms:
    """The token is an app's own, of those made in the admin until 2026, or an app's client id and secret with a colon
    between them: for these Shopify lends tokens of a day.
    """
    if not account.api and not account.shop:
        raise ConfigurationError("is missing", field="shop", mend="give the shop's domain, example.myshopify.com")
    url = account.api or f"https://{account.shop}"
    client_id, is_client, client_secret = token.partition(":")
    if not is_client:
        return ApiTerms(url, {HEADER: token}, PAUSE)
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    return ApiTerms(url, {}, PAUSE, Login(LOGIN, form, HEADER, scheme=""))


async def fetch(api: VendorApi, wanted: Wanted, account: ShopifyAccount, names: Names) -> Reading:
    answer = await api.get(_path(f"orders/{wanted.object_id}"), fields=FIELDS)
    return order_reading(TOPIC, read_json(answer.content, _One).order, account, names, told_at=AFTERWARDS)


async def pages(
    api: VendorApi, since: datetime, cursor: str, account: ShopifyAccount, names: Names
) -> AsyncGenerator[Page, None]:
    """By time of update. Shopify's `page_info` names the last order of a page, and not a number: what is updated
    meanwhile comes again at the end, and nothing is passed over.

    It is of no use later on, as it expires. So the cursor is the time of the last update that was read: who goes on
    from it reads the orders of that second again.
    """
    window = {"status": "any", "updated_at_min": cursor or since.astimezone(UTC).isoformat()}
    total = None if cursor else read_json((await api.get(_path("orders/count"), **window)).content, _Count).count
    query = {**window, "order": "updated_at asc"}
    while query:
        answer = await api.get(_path("orders"), limit=PAGE_SIZE, fields=FIELDS, **query)
        orders = read_json(answer.content, _Many).orders
        following = _next_page(answer)
        place = last_of(orders, _updated_at).isoformat() if following else ""
        yield Page([readable(TOPIC, partial(_reading, order, account, names)) for order in orders], place, total)
        query = {"page_info": following} if following else {}


def _reading(raw: msgspec.Raw, account: ShopifyAccount, names: Names) -> Reading:
    return order_reading(TOPIC, read_json(raw, Order), account, names, told_at=AFTERWARDS)


def _updated_at(raw: msgspec.Raw) -> datetime:
    return read_json(raw, _Place).updated_at.astimezone(UTC)


def _path(resource: str) -> str:
    return f"/admin/api/{VERSION}/{resource}.json"


def _next_page(answer: httpx.Response) -> str:
    found = _NEXT.search(answer.headers.get("Link", ""))
    return parse_qs(urlsplit(found[1]).query).get("page_info", [""])[0] if found else ""
