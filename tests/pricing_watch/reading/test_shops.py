"""Small pages after shops of several countries: the price, or none, as a careful visitor reads them."""

from pathlib import Path

import msgspec
import pytest

from services.pricing_watch.reading.document import Document
from services.pricing_watch.reading.reader import read_document
from services.pricing_watch.records import Kind, Page, Stock, Wanted

URL = "https://shop.example/p/x"


class Shop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page and what is to be read on it. What is none is not asked for, but for the price and the list price."""

    name: str
    lang: str
    head: str
    body: str
    price: int | None = None
    list_price: int | None = None
    stock: Stock | None = None
    kind: Kind | None = None
    wanted: Wanted = Wanted()


SHOPS = msgspec.yaml.decode(Path(__file__).with_name("shops.yml").read_bytes(), type=list[Shop])


@pytest.mark.parametrize("shop", SHOPS, ids=lambda shop: shop.name)
def test_a_shop_is_read(shop: Shop) -> None:
    html = f'<!doctype html><html lang="{shop.lang}"><head>{shop.head}</head><body>{shop.body}</body></html>'
    page = Page(url=URL, body=html.encode(), content_type="text/html; charset=utf-8")
    reading = read_document(Document(page), shop.wanted)
    assert (reading.price_minor, reading.list_price_minor) == (shop.price, shop.list_price), reading.reason
    assert reading.stock is shop.stock or shop.stock is None
    assert reading.kind is shop.kind or shop.kind is None
