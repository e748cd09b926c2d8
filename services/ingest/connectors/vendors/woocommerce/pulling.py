"""Asking WooCommerce's REST API, whose orders are those of webhooks to the letter."""

import base64
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import httpx
import msgspec

from services.common.errors import ConfigurationError, Malformed, NotFound
from services.ingest.connectors.asking.terms import ApiTerms
from services.ingest.connectors.asking.vendor_api import VendorApi
from services.ingest.connectors.connector import Page, Reading, Wanted
from services.ingest.connectors.reading.listing import last_of, readable_when_asked
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import read_json
from services.ingest.connectors.vendors.woocommerce.account import WooCommerceAccount
from services.ingest.connectors.vendors.woocommerce.orders import order_reading, updated
from services.ingest.connectors.vendors.woocommerce.payloads import Order, Refund, moment

ORDERS = "/wp-json/wc/v3/orders"
PAGE_SIZE = 50
MOST_REFUNDS = 100
PAUSE = 0.5
"""WooCommerce has no limit of its own; hosts have theirs."""
TOPIC = "orders"
SECOND = timedelta(seconds=1)


class Place(NamedTuple):
    """Where a pull stands: after a moment, and how many pages of what was changed after it are done."""

    after: datetime
    pages: int = 0

    @classmethod
    def from_cursor(cls, cursor: str) -> "Place":
        after, _, pages = cursor.partition(" ")
        return cls(datetime.fromisoformat(after), int(pages))

    @property
    def cursor(self) -> str:
        return f"{self.after.isoformat()} {self.pages}"

    def next(self, last: datetime) -> "Place":
        """After a page whose last order was changed then. It goes on from that moment, and not by numbers of pages: an
        order that is changed meanwhile goes to the end, and would draw one that is not read yet into a page that is.
        """
        after = last - SECOND
        return Place(after) if after > self.after else Place(self.after, self.pages + 1)


class _Changed(msgspec.Struct):
    date_created_gmt: datetime | None = None
    date_modified_gmt: datetime | None = None


def terms(account: WooCommerceAccount, token: str) -> ApiTerms:
    """The token is the consumer key and the consumer secret, with a colon between them."""
    if not account.api and not account.site:
        raise ConfigurationError("is missing", field="site", mend="give the shop's address, https://shop.example")
    basic = base64.b64encode(token.encode()).decode()
    return ApiTerms(account.api or account.site, {"Authorization": f"Basic {basic}"}, PAUSE)


async def fetch(api: VendorApi, wanted: Wanted, account: WooCommerceAccount, names: Names) -> Reading:
    order = read_json((await api.get(f"{ORDERS}/{wanted.object_id}")).content, Order)
    return await _whole_reading(api, order, account, names)


async def pages(
    api: VendorApi, since: datetime, cursor: str, account: WooCommerceAccount, names: Names
) -> AsyncGenerator[Page, None]:
    """By time of change. Orders of the second at which a page ends come again with the next."""
    place: Place | None = Place.from_cursor(cursor) if cursor else Place(since.astimezone(UTC))
    while place is not None:
        answer = await api.get(
            ORDERS,
            modified_after=place.after.replace(tzinfo=None).isoformat(timespec="seconds"),
            dates_are_gmt="true",
            orderby="modified",
            order="asc",
            status="any",
            per_page=PAGE_SIZE,
            page=place.pages + 1,
        )
        orders = _listed(answer)
        readings = [await readable_when_asked(TOPIC, _reading(api, raw, account, names)) for raw in orders]
        place = place.next(last_of(orders, _changed)) if len(orders) == PAGE_SIZE else None
        yield Page(readings, place.cursor if place is not None else "")


async def _reading(api: VendorApi, raw: msgspec.Raw, account: WooCommerceAccount, names: Names) -> Reading:
    return await _whole_reading(api, read_json(raw, Order), account, names)


async def _whole_reading(api: VendorApi, order: Order, account: WooCommerceAccount, names: Names) -> Reading:
    """What an order says with its refunds as they are, where it has any."""
    as_of = updated(order)
    if not order.refunds:
        return order_reading(TOPIC, order, account, names, as_of=as_of)
    try:
        answer = await api.get(f"{ORDERS}/{order.id}/refunds", per_page=MOST_REFUNDS)
    except NotFound:
        return order_reading(TOPIC, order, account, names, as_of=as_of)
    refunds = [read_json(raw, Refund) for raw in _listed(answer)]
    return order_reading(TOPIC, order, account, names, as_of=as_of, refunds=refunds)


def _changed(raw: msgspec.Raw) -> datetime:
    order = read_json(raw, _Changed)
    return moment(order.date_modified_gmt or order.date_created_gmt, "date_modified_gmt")


def _listed(answer: httpx.Response) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(answer.content, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"no list: {error}", mend="look at `site`, and at plugins that change the API") from None
