"""The shops to watch: their prices, and how they answer."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.simulator.company import PRODUCTS
from services.simulator.shop.catalogue import BY_NAME, COMPETITORS, Competitor, path_of, range_of
from services.simulator.shop.prices import DISCOUNT, FAST_WAVE, GLITCHED, SLOW_WAVE, Offer, offer_at
from tests.support.shop import RunningShop, running_shop

DAY = 86_400
WHEN = 1_790_000_000
BAND = SLOW_WAVE + FAST_WAVE

LAMPENHAUS = BY_NAME["lampenhaus"]
SKU, LAMP = next(iter(range_of(LAMPENHAUS).items()))


def day_of_offers() -> list[Offer | None]:
    """A product's offers, minute by minute."""
    return [offer_at(1, LAMPENHAUS, LAMP, WHEN + minute * 60) for minute in range(24 * 60)]


@given(
    competitor=st.sampled_from(COMPETITORS),
    time=st.integers(WHEN, WHEN + 365 * DAY),
    seed=st.integers(0, 9),
    data=st.data(),
)
def test_prices_lie_in_a_band_about_ours(competitor: Competitor, time: int, seed: int, data: st.DataObject) -> None:
    product = data.draw(st.sampled_from(list(range_of(competitor).values())))
    offer = offer_at(seed, competitor, product, time)
    assert offer == offer_at(seed, competitor, product, time)
    if offer is None:
        return
    usual = offer.list_price_minor or offer.price_minor
    least, most = (product.price * competitor.level * (1 + swing) for swing in (-BAND, BAND))
    is_glitch = offer.price_minor > 1.5 * most
    assert least - 10 <= (usual / GLITCHED if is_glitch and usual > 1.5 * most else usual) <= most + 10
    if offer.list_price_minor is not None and not is_glitch:
        assert offer.price_minor == pytest.approx(offer.list_price_minor * (1 - DISCOUNT), abs=10)
    assert time - 60 < offer.since <= time


@given(time=st.integers(WHEN, WHEN + DAY))
def test_a_page_that_says_it_has_not_changed_has_not(time: int) -> None:
    offer = offer_at(1, LAMPENHAUS, LAMP, time)
    assert offer is None or offer == offer_at(1, LAMPENHAUS, LAMP, offer.since)


def test_a_day_holds_all_that_a_watch_must_cope_with() -> None:
    offers = day_of_offers()
    prices = [offer.price_minor for offer in offers if offer]
    assert len(set(prices)) > 50
    assert None in offers
    assert {offer.stock for offer in offers if offer} == {"in_stock", "limited", "out_of_stock"}
    assert any(offer.list_price_minor for offer in offers if offer)


def test_a_glitch_lasts_a_minute() -> None:
    most = LAMP.price * LAMPENHAUS.level * 2
    seen = [
        [offer is not None and offer.price_minor > most for offer in (
            offer_at(seed, LAMPENHAUS, LAMP, WHEN + minute * 60) for minute in range(24 * 60)
        )]
        for seed in range(5)
    ]  # fmt: skip
    glitches = Counter(first for day in seen for first in day)[True]
    in_a_row = sum(first and second for day in seen for first, second in pairwise(day))
    assert 5 <= glitches <= 50
    assert in_a_row <= 1


@pytest.mark.parametrize("competitor", COMPETITORS, ids=lambda competitor: competitor.name)
def test_each_shop_states_its_price_in_its_own_way(shop: RunningShop, competitor: Competitor) -> None:
    sku = next(iter(range_of(competitor)))
    offer = shop.shop.offer(competitor, sku)
    assert offer is not None
    page = httpx.get(shop.local(path_of(competitor, sku))).text.replace("\xa0", " ")
    whole, cents = divmod(offer.price_minor, 100)
    written = {"en_IE": f"€{whole}.{cents:02}", "de_CH": f"CHF {whole}.{cents:02}"}
    assert written.get(competitor.locale, f"{whole},{cents:02} €") in page
    assert {
        "json_ld": '"price": "', "microdata": 'itemprop="price"', "meta": "product:price:amount", "text": "Cod. "
    }[competitor.style] in page  # fmt: skip


def test_a_host_names_a_shop_as_a_path_does(shop: RunningShop) -> None:
    by_path = httpx.get(shop.local(path_of(LAMPENHAUS, SKU)))
    by_host = httpx.get(shop.local(f"/products/{SKU}"), headers={"Host": "lampenhaus.example.org"})
    assert by_path.status_code == 200
    assert by_host.text == by_path.text


def test_what_is_not_sold_is_not_there(shop: RunningShop) -> None:
    (missing, *_) = {product.sku for product in PRODUCTS} - set(range_of(LAMPENHAUS))
    assert httpx.get(shop.local(path_of(LAMPENHAUS, missing))).status_code == 404
    assert httpx.get(shop.local("/casa-luce/products/LAMP-99")).status_code == 404
    assert httpx.get(shop.local("/nobody/products/LAMP-01")).status_code == 404


def test_the_list_leads_to_every_product(shop: RunningShop) -> None:
    page = httpx.get(shop.local("/lampenhaus/")).text
    assert page.count("/lampenhaus/products/") == len(range_of(LAMPENHAUS))


@pytest.mark.parametrize("header", ["If-None-Match", "If-Modified-Since"])
def test_a_page_that_is_known_is_not_sent_again(shop: RunningShop, header: str) -> None:
    url = shop.local(path_of(LAMPENHAUS, SKU))
    first = httpx.get(url)
    known = first.headers["ETag" if header == "If-None-Match" else "Last-Modified"]
    second = httpx.get(url, headers={header: known})
    assert (second.status_code, second.content) == (304, b"")
    assert httpx.get(url, headers={header: '"other"'}).status_code == 200


def test_the_log_tells_what_was_asked(shop: RunningShop) -> None:
    httpx.get(shop.local("/odd/status/429?after=7"), headers={"User-Agent": "somebody"})
    (asked,) = httpx.get(shop.local("/_log")).json()
    assert (asked["method"], asked["path"], asked["status"]) == ("GET", "/odd/status/429", 429)
    assert asked["headers"]["user-agent"] == "somebody"
    assert asked["began"] <= asked["ended"]


@pytest.fixture
def shop() -> Iterator[RunningShop]:
    with running_shop(clock=lambda: float(WHEN)) as running:
        yield running
