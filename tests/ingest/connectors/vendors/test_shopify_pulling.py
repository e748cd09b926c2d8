"""Shopify: what was missed is asked for, page by page, and says what webhooks say."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest

from services.common.errors import ConfigurationError, Forbidden, NotFound, Unavailable
from services.ingest.connectors.connector import Reading, Wanted
from services.ingest.connectors.vendors.shopify import CONNECTOR, ShopifyAccount, pulling
from tests.ingest.connectors.vendors.shops import client, example, pulled, told_once
from tests.support.stories import Teller, delivery
from tests.support.vendor_server import Answer, Asked, Trouble, VendorServer, running_vendor

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
TOKEN = "shpat_of_tests"


def order(number: int) -> dict[str, Any]:
    """One of several, of which some were updated in the same second, and some are refunded."""
    updated = SINCE + timedelta(seconds=number // 3)
    refund = {**example("shopify", "refund"), "id": 9000 + number, "order_id": number}
    return {
        **example("shopify", "order"),
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/Order/{number}",
        "updated_at": updated.isoformat(),
        "refunds": [{**refund, "admin_graphql_api_id": None}] if number % 4 == 0 else [],
    }


class Shop:
    """Its orders, as the REST Admin API lists them: `page_info` bears the last order of a page."""

    def __init__(self, orders: list[dict[str, Any]]) -> None:
        self.orders = orders
        self.token = TOKEN
        self.lent = 0
        self.expired: set[str] = set()

    def _lend(self, form: dict[str, list[str]]) -> Answer:
        if form != {"grant_type": ["client_credentials"], "client_id": ["id"], "client_secret": ["shpss_1"]}:
            return Answer({"error": "invalid_client"}, 400)
        self.lent += 1
        self.token = f"lent-{self.lent}"
        return Answer({"access_token": self.token, "scope": "read_orders", "expires_in": 86399})

    def respond(self, asked: Asked) -> Answer:
        headers = {name.lower(): value for name, value in asked.headers.items()}
        if asked.path == pulling.LOGIN:
            return self._lend(parse_qs(asked.body.decode()))
        if headers.get("x-shopify-access-token") != self.token:
            return Answer({"errors": "Invalid API key or access token"}, 401)
        prefix, resource = "/admin/api/2026-10/orders", asked.path.removesuffix(".json")
        if resource == f"{prefix}/count":
            return Answer({"count": len(self._since(asked.query["updated_at_min"]))})
        if resource == prefix:
            return self._page(asked)
        found = [one for one in self.orders if resource == f"{prefix}/{one['id']}"]
        return Answer({"order": found[0]}) if found else Answer({"errors": "Not Found"}, 404)

    def _page(self, asked: Asked) -> Answer:
        limit = int(asked.query["limit"])
        if token := asked.query.get("page_info"):
            if set(asked.query) - {"page_info", "limit", "fields"} or token in self.expired:
                return Answer({"errors": "page_info: Invalid value"}, 400)
            since, number = msgspec.json.decode(base64.b64decode(token))
            left = [one for one in self._since(since) if (one["updated_at"], one["id"]) > (since, number)]
        else:
            assert (asked.query["status"], asked.query["order"]) == ("any", "updated_at asc")
            left = self._since(asked.query["updated_at_min"])
        page = [{name: one[name] for name in asked.query["fields"].split(",") if name in one} for one in left[:limit]]
        if len(left) <= limit:
            return Answer({"orders": page})
        token = base64.b64encode(msgspec.json.encode([page[-1]["updated_at"], page[-1]["id"]])).decode()
        url = f"https://example.myshopify.com/admin/api/2026-10/orders.json?limit={limit}&page_info="
        return Answer({"orders": page}, headers={"Link": f'<{url}first>; rel="previous", <{url}{token}>; rel="next"'})

    def _since(self, moment: str) -> list[dict[str, Any]]:
        found = [one for one in self.orders if one["updated_at"] >= moment]
        return sorted(found, key=lambda one: (one["updated_at"], one["id"]))


@contextmanager
def running(orders: list[dict[str, Any]]) -> Iterator[tuple[VendorServer, Teller, Shop]]:
    shop = Shop(orders)
    with running_vendor(shop.respond) as server:
        yield server, Teller(CONNECTOR, ShopifyAccount(shop="example.myshopify.com", api=server.url)), shop


def by_webhook_of(teller: Teller, body: dict[str, Any]) -> Reading:
    """As a webhook tells it when the second of its update is over."""
    updated = datetime.fromisoformat(body["updated_at"])
    at = (updated + timedelta(seconds=1)).isoformat()
    return teller.read(delivery(body, {"x-shopify-topic": "orders/updated", "x-shopify-triggered-at": at}))


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling, "PAGE_SIZE", 4)


async def test_a_pull_says_what_webhooks_say_and_how_many_there_are() -> None:
    orders = [order(n) for n in range(1, 11)]
    with running(orders) as (_, teller, _shop):
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            pages = await pulled(teller, api, SINCE)
    assert [(len(page.readings), page.total, bool(page.cursor)) for page in pages] == [
        (4, 10, True),
        (4, 10, True),
        (2, 10, False),
    ]
    by_webhook = [by_webhook_of(teller, one) for one in orders]
    assert told_once(pages) == sorted((said for each in by_webhook for said in each.said), key=repr)
    assert len(told_once(pages)) == 12


@pytest.mark.parametrize("trouble", list(Trouble))
async def test_a_pull_that_meets_trouble_is_whole_all_the_same(trouble: Trouble) -> None:
    with running([order(n) for n in range(1, 11)]) as (server, teller, _):
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            whole = told_once(await pulled(teller, api, SINCE))
            server.troubles.extend([trouble] * 2)
            assert told_once(await pulled(teller, api, SINCE)) == whole


async def test_a_pull_goes_on_where_it_was_broken_off_though_orders_change_meanwhile() -> None:
    orders = [order(n) for n in range(1, 11)]
    with running(orders) as (_, teller, shop):
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            whole = await pulled(teller, api, SINCE)
            for before, _after in pairwise(whole):
                done = whole[: whole.index(before) + 1]
                rest = await pulled(teller, api, SINCE, before.cursor)
                assert told_once([*done, *rest]) == told_once(whole)
            (first,) = await pulled(teller, api, SINCE, most=1)
            changed = {**orders[1], "updated_at": (SINCE + timedelta(minutes=1)).isoformat()}
            shop.orders = [changed if one["id"] == 2 else one for one in orders]
            rest = await pulled(teller, api, SINCE, first.cursor)
    subjects = [said.subject for page in rest for reading in page.readings for said in reading.said]
    assert set(subjects) == {"3", "4", "5", "6", "7", "8", "9", "10", "2"}


async def test_a_pull_goes_on_after_shopify_has_forgotten_its_pages() -> None:
    with running([order(n) for n in range(1, 11)]) as (server, teller, shop):
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            whole = told_once(await pulled(teller, api, SINCE))
            (first,) = await pulled(teller, api, SINCE, most=1)
            shop.expired = {asked.query.get("page_info", "") for asked in server.asked}
            assert told_once([first, *await pulled(teller, api, SINCE, first.cursor)]) == whole


async def test_more_orders_of_one_second_than_a_page_holds_are_all_had() -> None:
    orders = [{**order(n), "updated_at": SINCE.isoformat()} for n in range(1, 11)]
    with running(orders) as (_, teller, _shop):
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            whole = await pulled(teller, api, SINCE)
            rest = await pulled(teller, api, SINCE, whole[1].cursor)
    assert {said.subject for said in told_once(whole)} == {str(n) for n in range(1, 11)}
    assert told_once(rest) == told_once(whole)


async def test_an_order_that_cannot_be_read_keeps_none_back() -> None:
    with running([order(1), {**order(2), "currency": "EURO"}, order(3)]) as (_, teller, _):
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            (page,) = await pulled(teller, api, SINCE)
    assert [bool(reading.said) for reading in page.readings] == [True, False, True]
    assert "the order of EURO" in page.readings[1].refused


async def test_nothing_that_names_a_person_but_the_address_for_the_hash_is_asked_for() -> None:
    with running([order(1)]) as (server, teller, _):
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            await pulled(teller, api, SINCE)
    asked = {name for request in server.asked for name in request.query.get("fields", "").split(",")}
    assert asked.isdisjoint({"phone", "browser_ip", "client_details", "note", "contact_email", "name"})


async def test_an_order_that_a_refund_names_is_fetched() -> None:
    with running([order(4)]) as (_, teller, _):
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            assert CONNECTOR.fetch is not None
            reading = await CONNECTOR.fetch(api, Wanted("order", "4"), teller.account, teller.names)
            assert reading.said == by_webhook_of(teller, order(4)).said
            with pytest.raises(NotFound):
                await CONNECTOR.fetch(api, Wanted("order", "5"), teller.account, teller.names)


async def test_a_token_that_does_not_do_and_a_shop_that_is_away_are_told() -> None:
    with running([order(1)]) as (server, teller, _):
        async with client(teller, pulling.terms(teller.account, "another")) as api:
            with pytest.raises(Forbidden):
                await pulled(teller, api, SINCE)
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            server.troubles.extend([Trouble.FAILS] * 6)
            with pytest.raises(Unavailable):
                await pulled(teller, api, SINCE)


async def test_for_an_apps_client_shopify_lends_tokens_and_another_when_one_is_over() -> None:
    with running([order(n) for n in range(1, 11)]) as (_, teller, shop):
        async with client(teller, pulling.terms(teller.account, "id:shpss_1")) as api:
            (first,) = await pulled(teller, api, SINCE, most=1)
            shop.token = "over"
            rest = await pulled(teller, api, SINCE, first.cursor)
        assert shop.lent == 2
        assert len(told_once([first, *rest])) == 12
        async with client(teller, pulling.terms(teller.account, "id:wrong")) as api:
            with pytest.raises(Forbidden, match="lends no token"):
                await pulled(teller, api, SINCE)


def test_without_a_shop_there_is_nobody_to_ask() -> None:
    assert pulling.terms(ShopifyAccount(shop="example.myshopify.com"), TOKEN).url == "https://example.myshopify.com"
    with pytest.raises(ConfigurationError, match="shop"):
        pulling.terms(ShopifyAccount(), TOKEN)
