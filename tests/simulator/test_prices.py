"""The past of competitors' prices, and what the price watcher is told to go on with."""

from datetime import UTC, date, datetime
from itertools import pairwise

import httpx

from services.pricing_watch.watching.watch_file import read_product
from services.simulator.prices import watch_list
from tests.simulator.test_company import NOW, TODAY, company
from tests.support.shop import running_shop


def test_what_is_watched_live_was_watched_in_the_past() -> None:
    past = [h.event for h in company(days=5).until(NOW) if h.event["type"] == "product.watched"]
    known = {event["subject"]: {pair["competitor"] for pair in event["data"]["pairs"]} for event in past}
    listed = [read_product(each) for each in watch_list("http://127.0.0.1:8005")]
    assert {each.sku: {page.competitor for page in each.competitors} for each in listed} == known
    assert sum(len(each.competitors) for each in listed) > 50


def test_every_page_that_is_watched_is_one_of_the_shop() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
    with running_shop(clock=lambda: noon) as shop, httpx.Client() as client:
        products = watch_list(f"http://127.0.0.1:{shop.port}")
        pages = [page["page"] for each in products for page in each["competitors"]]
        answers = [client.get(page).status_code for page in pages]
    assert set(answers) <= {httpx.codes.OK, httpx.codes.NOT_FOUND}
    assert answers.count(httpx.codes.NOT_FOUND) < len(pages) / 10  # now and then a product vanishes


def test_prices_are_read_every_third_day_until_the_day_that_is_lived() -> None:
    read = [h.event for h in company(days=30).until(NOW) if h.event["type"] == "price.observed"]
    days = sorted({date.fromisoformat(event["time"][:10]) for event in read})
    assert {(later - earlier).days for earlier, later in pairwise(days)} == {3}
    assert days[-1] < TODAY
    assert {event["data"]["currency"] for event in read} == {"EUR", "CHF"}
