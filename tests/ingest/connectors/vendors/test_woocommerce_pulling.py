"""WooCommerce: what was missed is asked for, page by page, and refunds by themselves."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.common.errors import ConfigurationError, Forbidden, Malformed, NotFound, Unavailable
from services.ingest.connectors.connector import Wanted
from services.ingest.connectors.vendors.woocommerce import CONNECTOR, WooCommerceAccount, pulling
from tests.ingest.connectors.vendors.shops import client, example, november, pulled, sales, told_once
from tests.support.stories import Teller, delivery, in_every_order
from tests.support.vendor_server import Answer, Asked, Trouble, VendorServer, running_vendor

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
TOKEN = "ck_of_tests:cs_of_tests"
ORDERS = "/wp-json/wc/v3/orders"


def order(number: int, second: int, *refunds: int) -> dict[str, Any]:
    mentions = [{"id": refund, "reason": "", "total": "-60.00"} for refund in refunds]
    changed = (SINCE + timedelta(seconds=second)).replace(tzinfo=None).isoformat()
    return {**example("woocommerce", "order"), "id": number, "date_modified_gmt": changed, "refunds": mentions}


MANY = [order(n, n // 3 + 1, *([800 + n] if n % 4 == 0 else [])) for n in range(1, 11)]


class Shop:
    """Its orders, as the REST API lists them: by numbers of pages."""

    def __init__(self, orders: list[dict[str, Any]]) -> None:
        self.orders = orders

    def respond(self, asked: Asked) -> Answer:
        headers = {name.lower(): value for name, value in asked.headers.items()}
        if headers.get("authorization") != "Basic " + base64.b64encode(TOKEN.encode()).decode():
            return Answer({"code": "woocommerce_rest_cannot_view"}, 401)
        if asked.path == ORDERS:
            return self._page(asked)
        for one in self.orders:
            if asked.path == f"{ORDERS}/{one['id']}":
                return Answer(one)
            if asked.path == f"{ORDERS}/{one['id']}/refunds":
                return Answer([{**example("woocommerce", "refund"), "id": each["id"]} for each in one["refunds"]])
        return Answer({"code": "woocommerce_rest_shop_order_invalid_id"}, 404)

    def _page(self, asked: Asked) -> Answer:
        query = asked.query
        assert (query["orderby"], query["order"], query["status"]) == ("modified", "asc", "any")
        assert query["dates_are_gmt"] == "true"
        later = [one for one in self.orders if one["date_modified_gmt"] > query["modified_after"]]
        later.sort(key=lambda one: (one["date_modified_gmt"], one["id"]))
        size, page = int(query["per_page"]), int(query["page"])
        return Answer(later[size * (page - 1) : size * page])


@contextmanager
def running(orders: list[dict[str, Any]]) -> Iterator[tuple[VendorServer, Teller, Shop]]:
    shop = Shop(orders)
    with running_vendor(shop.respond) as server:
        yield server, Teller(CONNECTOR, WooCommerceAccount(api=server.url)), shop


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling, "PAGE_SIZE", 4)


async def test_a_pull_says_what_webhooks_say_and_of_refunds_more() -> None:
    with running(MANY) as (_, teller, _shop):
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            said = told_once(await pulled(teller, api, SINCE))
    by_webhook = [teller.read(delivery(one, {"x-wc-webhook-topic": "order.updated"})) for one in MANY]
    placed = sorted((each.said[0] for each in by_webhook), key=repr)
    assert [each for each in said if each.type == "order.placed"] == placed
    returned = [each for each in said if each.type == "order.returned"]
    assert [each.subject for each in returned] == ["4", "8"]
    assert [each.data.amount_minor for each in returned] == [4500, 4500]  # type: ignore[attr-defined]


@pytest.mark.parametrize("trouble", list(Trouble))
async def test_a_pull_that_meets_trouble_is_whole_all_the_same(trouble: Trouble) -> None:
    with running(MANY) as (server, teller, _):
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            whole = told_once(await pulled(teller, api, SINCE))
            server.troubles.extend([trouble] * 2)
            assert told_once(await pulled(teller, api, SINCE)) == whole


async def test_a_pull_goes_on_where_it_was_broken_off() -> None:
    with running(MANY) as (_, teller, _shop):
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            whole = await pulled(teller, api, SINCE)
            assert len(whole) > 2
            for i, page in enumerate(whole[:-1]):
                rest = await pulled(teller, api, SINCE, page.cursor)
                assert told_once([*whole[: i + 1], *rest]) == told_once(whole)


async def test_more_orders_of_one_second_than_a_page_holds_are_all_had() -> None:
    with running([order(n, 5 if n < 12 else 6) for n in range(1, 15)]) as (_, teller, _shop):
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            pages = await pulled(teller, api, SINCE)
    assert {said.subject for said in told_once(pages)} == {str(n) for n in range(1, 15)}


async def test_what_changes_meanwhile_draws_nothing_out_of_sight() -> None:
    with running(MANY) as (_, teller, shop):
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            (first,) = await pulled(teller, api, SINCE, most=1)
            shop.orders = [order(one["id"], 60) if one["id"] in (1, 2) else one for one in MANY]
            rest = await pulled(teller, api, SINCE, first.cursor)
    assert {said.subject for said in told_once([first, *rest])} == {str(n) for n in range(1, 11)}
    assert {"1", "2"} <= {said.subject for said in told_once(rest)}


async def test_what_cannot_be_read_keeps_no_order_back() -> None:
    with running([order(1, 1), {**order(2, 1), "date_modified_gmt": "2026-11-31"}, order(3, 1)]) as (_, teller, _shop):
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            (page,) = await pulled(teller, api, SINCE)
    assert sorted(bool(reading.said) for reading in page.readings) == [False, True, True]
    assert [reading.refused.partition(":")[0] for reading in page.readings if reading.refused] == ["date_modified_gmt"]


async def test_refunds_that_a_mention_asks_for_stand_above_it() -> None:
    body = order(727, 4 * 86_400, 801)
    with running([body]) as (_, teller, _shop):
        mention = teller.read(delivery(body, {"x-wc-webhook-topic": "order.updated"}))
        assert mention.wanted == (Wanted("refunds", "727"),)
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            assert CONNECTOR.fetch is not None
            fetched = await CONNECTOR.fetch(api, mention.wanted[0], teller.account, teller.names)
            with pytest.raises(NotFound):
                await CONNECTOR.fetch(api, Wanted("refunds", "728"), teller.account, teller.names)
    assert fetched.wanted == ()
    assert fetched.said[0] == mention.said[0]
    for engine in in_every_order(teller, [mention, fetched]):
        assert sales(engine)["returned_minor", november(5)] == 4500


async def test_a_key_that_does_not_do_and_a_shop_that_is_away_are_told() -> None:
    with running(MANY) as (server, teller, shop):
        async with client(teller, pulling.terms(teller.account, "ck_another:cs")) as api:
            with pytest.raises(Forbidden):
                await pulled(teller, api, SINCE)
        async with client(teller, pulling.terms(teller.account, TOKEN)) as api:
            server.troubles.extend([Trouble.NO_JSON] * 6)
            with pytest.raises(Unavailable):
                await pulled(teller, api, SINCE)
            server.respond = lambda _: Answer(b"<html>maintenance")
            with pytest.raises(Malformed, match="no list"):
                await pulled(teller, api, SINCE)
            server.respond = shop.respond


def test_without_a_site_there_is_nobody_to_ask() -> None:
    assert pulling.terms(WooCommerceAccount(site="https://shop.example"), TOKEN).url == "https://shop.example"
    with pytest.raises(ConfigurationError, match="site"):
        pulling.terms(WooCommerceAccount(), TOKEN)
