"""Pages made for the tests of the reader."""

import msgspec

from services.pricing_watch.reading.document import Document
from services.pricing_watch.reading.reader import read_document
from services.pricing_watch.records import Page, Reading, Wanted

URL = "https://shop.example/p/lamp-luna"
HEADING = "<h1>Lamp Luna</h1>"
BUY = "<button>Add to cart</button>"


def page(body: str = HEADING, *, head: str = "", lang: str = "en", url: str = URL, status: int = 200) -> Page:
    """A page in UTF-8 about the lamp Luna."""
    html = f'<!doctype html><html lang="{lang}"><head><title>Lamp Luna</title>{head}</head><body>{body}</body></html>'
    return Page(url=url, body=html.encode(), content_type="text/html; charset=utf-8", status=status)


def json_ld(text: str) -> str:
    """A script of JSON-LD."""
    return f'<script type="application/ld+json">{text}</script>'


def read(
    body: str = HEADING, *, head: str = "", lang: str = "en", url: str = URL, wanted: Wanted | None = None
) -> Reading:
    """What is read of such a page. A fault of the reader is raised."""
    return read_document(Document(page(body, head=head, lang=lang, url=url)), wanted or Wanted())


def offer(**fields: object) -> str:
    """JSON-LD of the lamp with one offer in euro."""
    product = {"@type": "Product", "name": "Lamp Luna", "offers": {"@type": "Offer", "priceCurrency": "EUR", **fields}}
    return json_ld(msgspec.json.encode(product).decode())
