"""What is read of competitors' sites: pages, prices as they are written, data in scripts, robots.txt, addresses."""

from pathlib import Path

import httpx
from protego import Protego

from services.common.errors import Invalid
from services.pricing_watch.fetching.addresses import AddressGuard
from services.pricing_watch.fetching.robots import Rules
from services.pricing_watch.reading.document import Document, Unreadable
from services.pricing_watch.reading.loose_json import read_json
from services.pricing_watch.reading.number_style import NumberStyle
from services.pricing_watch.reading.price_text import amounts, read_price
from services.pricing_watch.reading.reader import read_document
from services.pricing_watch.records import Page, Wanted
from services.pricing_watch.settings import FetchSettings
from tests.fuzz.parsers.fuzzing import Parser
from tests.fuzz.parsers.mutating import json_parts, words_of
from tests.pricing_watch.reading.test_robustness import is_sound

CORPUS = Path(__file__).parents[2] / "pricing_watch" / "corpus"
LARGEST = 5000
"""Bytes of a page that is a seed: what is made of it is as large, and thousands are to be read."""
STYLE = NumberStyle(decimal=",", currencies=("EUR",), stated="EUR")
_guard = AddressGuard(FetchSettings(contact="you@example.org"))


def read_page(body: bytes) -> None:
    """Without the net that catches all: a fault of ours is raised. It is accepted if a price is read."""
    try:
        document = Document(Page(url="https://shop.example/lamp", body=body, content_type="text/html"))
    except Unreadable as why:
        raise Invalid(str(why)) from None
    reading = read_document(document, Wanted())
    assert is_sound(reading), reading
    if reading.price_minor is None:
        raise Invalid(reading.reason or "no price")


def read_text(body: bytes) -> None:
    text = body.decode(errors="replace")
    for _ in amounts(text):
        pass
    price = read_price(text, STYLE)
    if price.minor is None:
        raise Invalid("no price")


def read_script(body: bytes) -> None:
    if not read_json(body.decode(errors="replace")):
        raise Invalid("no data")


def read_robots(body: bytes) -> None:
    text = body.decode("utf-8-sig", errors="replace")
    rules = Rules(robots=Protego.parse(text), product="cadran", size=len(text))
    assert rules.delay >= 0
    rules.check(httpx.URL("https://shop.example/private/a?sort=1"))


def read_address(body: bytes) -> None:
    _guard.read(body.decode(errors="replace"))


PRICES = [
    text.encode()
    for text in (
        "12,90 €",
        "1.299,00 EUR",
        "CHF 1'299.–",
        "£3.50",
        "US$ 1,299.99",
        "1 299 kr",
        "ab 9,- €",
        "¥1,200",
        "2 for 5 €",
        "19<sup>90</sup>",
        "1٬299٫00",
        "R$ 1.299,90",
        "zł 12,00",
        "12.90",
        "-5 €",
        "0,00 €",
    )
]
SCRIPTS = [
    b'{"@type": "Product", "name": "Lamp", "offers": {"price": "12.90", "priceCurrency": "EUR"}}',
    b"{'price': 12.90, stock: true, // said\n 'a': [1, 2,], }",
    b'<!-- {"price": 1e2} --> ;',
]
ROBOTS = [
    b"User-agent: *\nDisallow: /private\nAllow: /private/a$\nCrawl-delay: 2\nSitemap: https://a.example/s.xml\n",
    b"User-agent: cadran\nRequest-rate: 1/10s 0900-1800\nDisallow: /*?sort=\nCrawl-delay: 0.5\n\n"
    b"User-agent: *\nDisallow:\n",
]
ADDRESSES = [
    b"https://shop.example/lamp?a=1#b",
    b"http://xn--caf-dma.example:80/",
    "https://café.example/ü".encode(),
    b"https://[2606:4700::1111]/",
    b"https://192.0.2.1.example/",
]
_HTML = words_of(
    *(b"<script type='application/ld+json'>", b"</script>", b"<del>", b"<sup>", b"<template>", b"<table>", b"<!--"),
    *(b"itemprop='price'", b"property='price'", b"content='", b"1.299", b"12,90", b"EUR", b"&nbsp;", b"<svg>", b"<b"),
)

PARSERS = [
    Parser(
        "page of a shop",
        [path.read_bytes() for path in sorted(CORPUS.glob("*.html")) if path.stat().st_size <= LARGEST],
        _HTML,
        read_page,
        30,
    ),
    Parser("price as it is written", PRICES, words_of(b"1", b"9", b"'", b"EUR", b"$", b"\xc2\xa0"), read_text, 60),
    Parser("data in a script", SCRIPTS, words_of(b"{", b"'", b"//", b"/*", b"\\u", b",,"), read_script, 30),
    Parser("data in a script, JSON", SCRIPTS[:1], json_parts, read_script, 15),
    Parser(
        "robots.txt",
        ROBOTS,
        words_of(b"Disallow", b"Allow", b"*", b"$", b"Crawl-delay", b"Request-rate", b"0", b"%2F"),
        read_robots,
        10,
    ),
    Parser(
        "address of a page", ADDRESSES, words_of(b"@", b"//", b"xn--", b"[", b"127.0.0.1", b"%2e"), read_address, 15
    ),
]
