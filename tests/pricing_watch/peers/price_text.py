"""price-parser alone: on the text of a page, and on what a selector finds, as its README suggests."""

import html_text
import lxml.html
from price_parser import Price

from services.pricing_watch.records import Page, Reading, Wanted
from tests.pricing_watch.peers.common import minor, text_of

SELECTOR = "[itemprop=price], .price"
MARK = "\N{PILCROW SIGN}"
CODES = {
    "€": "EUR",
    "$": "USD",
    "£": "GBP",
    "₹": "INR",
    "Rs.": "INR",
    "¥": "JPY",
    "円": "JPY",
    "zł": "PLN",
    "kr": "SEK",
}
"""What a symbol most often means. price-parser gives it as it is written."""


def read_after_heading(page: Page, wanted: Wanted) -> Reading:
    """The first line of the visible text after the page's heading that holds an amount with a currency."""
    document = _document(page)
    heading = document.find(".//h1")
    if heading is not None:
        heading.tail = MARK + (heading.tail or "")
    text = html_text.extract_text(document)
    for line in text.rpartition(MARK)[2].splitlines():
        price = Price.fromstring(line)
        if price.amount and price.currency:
            return _reading(price)
    return Reading(reason="no price in the text")


def read_by_selector(page: Page, wanted: Wanted) -> Reading:
    """The first element that is marked as a price, with the currency that is marked."""
    document = _document(page)
    currency = next((node.get("content") for node in document.cssselect("[itemprop=priceCurrency]")), None)
    for element in document.cssselect(SELECTOR):
        price = Price.fromstring(element.get("content") or element.text_content(), currency_hint=currency)
        if price.amount:
            return _reading(price)
    return Reading(reason=f"nothing at {SELECTOR}")


def _document(page: Page) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(text_of(page).encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))


def _reading(price: Price) -> Reading:
    assert price.amount is not None
    currency = CODES.get(price.currency or "", price.currency)
    code = currency if currency and len(currency) == 3 and currency.isupper() else None
    return Reading(price_minor=minor(price.amount, code), currency=code)
