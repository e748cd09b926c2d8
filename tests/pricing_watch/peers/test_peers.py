"""The peers are done justice: what each is known to read rightly and wrongly."""

import pytest

from services.pricing_watch.records import Page, Wanted
from tests.pricing_watch.compare import PEERS, table
from tests.pricing_watch.judge import Reader, Score
from tests.pricing_watch.peers import changedetection, price_text

OFFER = '{"@type": "Product", "offers": {"price": %s, "priceCurrency": "EUR", "availability": "InStock"}}'


def page(body: str) -> Page:
    return Page(url="https://shop.example/p", body=f"<html>{body}</html>".encode())


def json_ld(*prices: str) -> str:
    return "".join(f'<script type="application/ld+json">{OFFER % price}</script>' for price in prices)


@pytest.mark.parametrize(
    ("body", "price_minor"),
    [
        (json_ld("12.90"), 1290),
        (json_ld('"1,400.00"'), 140000),
        (json_ld('"1.400,00"'), 140),
        ('<meta property="og:price:amount" content="1,400">', 140),
        (json_ld("12.90", "15.90"), 1290),
        ('<div itemscope itemtype="http://schema.org/Product"><i itemprop="price" content="9.50"></i></div>', 950),
        ("<h1>Lamp</h1><p>12,90 €</p>", None),
        (json_ld('"on request"'), None),
    ],
)
def test_changedetection(body: str, price_minor: int | None) -> None:
    assert changedetection.read(page(body), Wanted()).price_minor == price_minor


def test_changedetection_refuses_several_prices_without_availability() -> None:
    offers = "".join(
        f'<div itemscope itemtype="http://schema.org/Offer"><i itemprop="price" content="{price}"></i></div>'
        for price in (5, 6)
    )
    assert "more than one price" in changedetection.read(page(offers), Wanted()).reason


@pytest.mark.parametrize("reader", [price_text.read_by_selector, price_text.read_after_heading])
def test_price_parser_takes_the_first_price(reader: Reader) -> None:
    reading = reader(page("<h1>Lampe</h1><p class='price'>1.299,00 €</p><p class='price'>9,90 €</p>"), Wanted())
    assert (reading.price_minor, reading.currency) == (129900, "EUR")


def test_the_table_has_a_row_for_each_reader() -> None:
    lines = table({name: Score(()) for name in PEERS}).splitlines()
    assert len(lines) == 2 + len(PEERS)
    assert all(line.count("|") == lines[0].count("|") for line in lines)
