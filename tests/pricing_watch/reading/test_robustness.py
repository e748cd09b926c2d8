"""Whatever bytes come in: a reading, never an exception, never a price out of nothing, and no work without bounds."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.pricing_watch.reading.document import Document, Unreadable
from services.pricing_watch.reading.reader import read_document, read_page
from services.pricing_watch.reading.style_sheet import MAX_LENGTH
from services.pricing_watch.records import Obstacle, Page, Reading, Wanted
from tests.pricing_watch.reading.pages import URL, json_ld, page

SCRIPT = b'<script type="application/ld+json">'

words = st.sampled_from(
    [
        "Product",
        "Offer",
        "AggregateOffer",
        "ProductGroup",
        "12.90",
        "1,299",
        "EUR",
        "$",
        "#a",
        "https://schema.org/InStock",
        "",
        "-1",
        "1e9",
    ]
)
keys = st.sampled_from(
    [
        "@type",
        "@id",
        "@graph",
        "@value",
        "@list",
        "name",
        "sku",
        "gtin13",
        "offers",
        "price",
        "priceCurrency",
        "lowPrice",
        "highPrice",
        "url",
        "hasVariant",
        "isRelatedTo",
        "itemListElement",
        "mainEntity",
        "itemOffered",
        "priceSpecification",
        "priceType",
        "referenceQuantity",
        "shippingDetails",
        "shippingRate",
        "value",
        "seller",
        "availability",
        "itemCondition",
        "priceValidUntil",
        "identifier",
    ]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=40,
)
tags = st.sampled_from(
    [
        "<div>",
        "</div>",
        "<span class='price'>",
        "</span>",
        "<del>",
        "</del>",
        "<sup>",
        "</sup>",
        "<h1>",
        "</h1>",
        "<button>Buy",
        "</button>",
        "<div itemscope itemtype='https://schema.org/Product'>",
        "<b itemprop='offers price'>",
        "<i itemprop='price' content='1'>",
        "</i>",
        "</b>",
        "<div vocab='http://schema.org/' typeof='Product Offer' property='offers'>",
        "<b property='price'>",
        "<meta property='og:price:amount' content='",
        "<script>x={",
        "</script>",
        "<form data-product_variations='",
        "'>",
        "<b data-price-amount='1' data-price-type='finalPrice'>",
        "<a href='/x'>",
        "12,90 €",
        "1.299",
        "90",
        "$5",
        "<!--",
        "-->",
        "UVP",
        "ab ",
        "<table><tr><td>",
        "<template>",
        "<p hidden>",
        "\x00",
        "&euro;",
        "&#x80;",
    ]
)


def read(body: bytes, **wanted: str) -> Reading:
    """Without the net of `read_page`: a fault is raised."""
    given_page = Page(url=URL, body=body, content_type="text/html")
    try:
        return read_document(Document(given_page), Wanted(**wanted))  # type: ignore[arg-type]
    except Unreadable as why:
        return Reading(obstacle=Obstacle.UNREADABLE, reason=str(why))


def is_sound(reading: Reading) -> bool:
    """A price with its currency, or a reason without one."""
    if reading.price_minor is None:
        return bool(reading.reason) and reading.obstacle is not None and reading.list_price_minor is None
    above = reading.list_price_minor is None or reading.list_price_minor > reading.price_minor
    return reading.price_minor > 0 and reading.currency is not None and reading.obstacle is None and above


@given(
    st.binary(max_size=2000),
    st.sampled_from(["", "text/html; charset=utf-16", "text/html; charset=zlib", "charset=\xff"]),
)
def test_any_bytes(body: bytes, content_type: str) -> None:
    assert is_sound(read_page(Page(url="::bad url[", body=body, content_type=content_type), Wanted()))
    assert is_sound(read(body))


@pytest.mark.parametrize("filling", ["a", "/*", "{a", "a;"])
def test_style_sheets_are_read_once(filling: str) -> None:
    """As long as they may be: looked at from each of its letters on, one took minutes."""
    sheet = (filling * MAX_LENGTH)[:MAX_LENGTH]
    assert is_sound(read(f"<style>{sheet}</style><p>12,90 EUR</p>".encode()))


@given(values)
@settings(max_examples=300)
def test_any_json_ld(value: object) -> None:
    assert is_sound(read(page(head=json_ld(json.dumps(value))).body))


@given(values, st.integers(0, 10_000), st.integers(0, 60))
def test_torn_json_ld(value: object, start: int, length: int) -> None:
    text = json.dumps(value)
    at = start % (len(text) + 1)
    assert is_sound(read(page(head=json_ld(text[:at] + text[at + length :])).body))


@given(st.lists(tags, max_size=60))
@settings(max_examples=300)
def test_any_soup_of_tags(parts: list[str]) -> None:
    assert is_sound(read("".join(parts).encode()))


@given(
    st.lists(tags, max_size=20),
    st.sampled_from([".price", "b, i", "xpath://b", "xpath://text()", "json:x", "json:[].offers.price", ":::", ""]),
)
def test_any_selector(parts: list[str], selector: str) -> None:
    assert is_sound(read("".join(parts).encode(), selector=selector))


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


HOSTILE = {
    "a million open elements": b"<div>" * 1_000_000,
    "two hundred thousand attributes": b"<a" + b" ".join(b"a%d=1" % number for number in range(200_000)) + b">",
    "noughts": b"\0" * 100_000,
    "noise": noise(1_000_000),
    "deep JSON": SCRIPT + b"[" * 1_000_000 + b"</script>",
    "deep objects": SCRIPT + b'{"a":' * 300_000 + b"</script>",
    "a long number": SCRIPT
    + b'{"@type":"Product","offers":{"price":1'
    + b"0" * 100_000
    + b',"priceCurrency":"EUR"}}</script>',
    "a large exponent": SCRIPT + b'{"@type":"Product","offers":{"price":1e99999999,"priceCurrency":"EUR"}}</script>',
    "an offer of itself": SCRIPT
    + b'{"@type":"Product","@id":"#a","offers":{"@id":"#a"},"hasVariant":{"@id":"#a"}}</script>',
    "quotes": SCRIPT + b'{"a":"' + b'x"y ' * 500_000 + b"</script>",
    "spaces": SCRIPT + b" " * 4_000_000 + b"x</script>",
    "angle brackets": b"<" * 4_000_000,
    "digits": b"1 " * 2_000_000,
    "prices": "1,00 € ".encode() * 400_000,
    "headings": b"<h1>Lamp 1,00 EUR</h1>" * 50_000,
    "nested buttons": b"<button>" * 400 + b"x" * 3_000_000,
    "nested items": (b"<div itemscope itemprop=offers>" * 400 + b"<b itemprop=price>1</b>" + b"</div>" * 400) * 20,
    "announcing headings": b"<h2>Related products</h2><p>x</p>" * 40_000,
    "assignments": b"<script>" + b"a={" * 500_000 + b"</script>",
    "entities": b"<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'aaaa'>"
    + b"".join(b"<!ENTITY b%d '%s'>" % (number, b"&b%d;" % (number - 1) * 10) for number in range(1, 30))
    + b"]><html><p>&b29;</p></html>",
    "a file": b"<!DOCTYPE l [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><html><p>&a;</p></html>",
    "class names": b"<div class='price-%s'>1</div>" % (b"-" * 200) * 10_000,
    "too large": b"x" * 10_000_001,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.timeout(60)
def test_what_is_made_to_hurt_ends_without_a_price(body: bytes) -> None:
    reading = read(body)
    assert reading.price_minor is None or b"Lamp" in body
    assert is_sound(reading)


def test_a_large_page_is_read_like_a_small_one() -> None:
    small = "<h1>Lamp Luna</h1><p class='price'>129,90 €</p><button>Add to cart</button>"
    filling = "<div class='text'><p>Words and <b>words</b>.</p></div>" * 80_000
    reading = read_page(page(small + filling, lang="de"), Wanted())
    assert (reading.price_minor, reading.currency) == (12990, "EUR")


def test_no_program_error_leaves_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("services.pricing_watch.reading.reader.page_style", stumble)
    reading = read_page(page(), Wanted())
    assert reading.obstacle is Obstacle.UNREADABLE
    assert "by zero" in reading.reason
