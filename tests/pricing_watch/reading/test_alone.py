"""A price in the data that nothing else states and that visitors do not see."""

import msgspec
import pytest

from services.pricing_watch.records import Obstacle, Wanted
from tests.pricing_watch.reading.pages import BUY, HEADING, json_ld, offer, read


def named(name: str, price: str = "129.00", **fields: object) -> str:
    """JSON-LD of a product that is called otherwise."""
    offers = {"@type": "Offer", "price": price, "priceCurrency": "EUR"}
    return json_ld(msgspec.json.encode({"@type": "Product", "name": name, "offers": offers, **fields}).decode())


OTHERS = ["Lamp Oslo", "Shade for Lamp Luna", "Lamp Luna + 2 bulbs", "Lamp Luna, pack of 3", "Schirm für Lamp Luna"]


@pytest.mark.parametrize("name", OTHERS)
def test_a_price_of_what_the_page_is_not_called_is_not_believed_alone(name: str) -> None:
    assert read(f"{HEADING}{BUY}", head=named(name)).obstacle is Obstacle.AMBIGUOUS


@pytest.mark.parametrize("name", OTHERS)
def test_it_is_where_visitors_see_it(name: str) -> None:
    assert read(f"{HEADING}<p>129,00 €</p>{BUY}", head=named(name), lang="de").price_minor == 12900


def test_a_pack_may_be_what_the_page_is_about() -> None:
    body = f"<h1>Lamp Luna, pack of 3</h1>{BUY}"
    assert read(body, head=named("Lamp Luna, pack of 3")).price_minor == 12900


def test_what_bears_the_wanted_number_may_be_called_as_it_likes() -> None:
    head = named("Oslo", sku="LUN-4")
    assert read(f"{HEADING}{BUY}", head=head, wanted=Wanted(sku="LUN-4")).price_minor == 12900


@pytest.mark.parametrize("price", ["1", "1.00", "9999", "9999.99", "1234"])
def test_what_is_filled_in_until_a_price_is_known_needs_to_be_seen(price: str) -> None:
    assert read(f"{HEADING}{BUY}", head=offer(price=price)).price_minor is None
    seen = read(f"{HEADING}<p>{price} €</p>{BUY}", head=offer(price=price))
    assert seen.price_minor is not None


TEXTS = [
    '<meta property="og:type" content="article">',
    json_ld('{"@type":"NewsArticle","headline":"Lamp Luna, a test"}'),
    json_ld('{"@type":"JobPosting","title":"Lamp maker"}'),
]


@pytest.mark.parametrize("head", TEXTS)
def test_a_text_that_sells_nothing_has_no_price(head: str) -> None:
    head += offer(price="129.00")
    assert read(HEADING, head=head).obstacle is Obstacle.LISTING
    assert read(f"{HEADING}{BUY}", head=head).price_minor == 12900


def test_the_lowest_price_in_a_twitter_card_is_not_the_price() -> None:
    head = '<meta name="twitter:label1" content="Prix"><meta name="twitter:data1" content="à partir de 19 €">'
    assert read(f"{HEADING}{BUY}", head=head, lang="fr").price_minor is None


def test_a_title_for_others_that_the_heading_does_not_know() -> None:
    head = (
        '<meta property="og:title" content="Chair Oslo"><meta property="product:price:amount" content="349">'
        '<meta property="product:price:currency" content="EUR">'
    )
    assert read(f"{HEADING}{BUY}", head=head).price_minor is None


def test_what_visitors_see_as_the_cost_of_delivery_is_not_the_price() -> None:
    assert read(f"{HEADING}<p>Delivery: 2,90 €</p>{BUY}", head=offer(price="2.90")).obstacle is Obstacle.AMBIGUOUS
