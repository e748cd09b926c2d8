"""What the peers need besides their own way: the page as text, and amounts in minor units."""

import codecs
import re
from decimal import Decimal

from babel.numbers import get_currency_precision

from services.pricing_watch.records import Page

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([^\"'\s;>]+)", re.IGNORECASE)
UNKNOWN_CURRENCY_PRECISION = 2


def text_of(page: Page) -> str:
    """The page decoded by the header, the byte order mark, the meta tag or as UTF-8: the first that says something."""
    return page.body.decode(_charset(page), errors="replace")


def _charset(page: Page) -> str:
    _, told, name = page.content_type.partition("charset=")
    if told:
        return name.strip(" \"'")
    for mark, charset in BYTE_ORDER_MARKS.items():
        if page.body.startswith(mark):
            return charset
    found = META_CHARSET.search(page.body[:2000])
    return found[1].decode("ascii", errors="ignore") if found else "utf-8"


def minor(amount: Decimal, currency: str | None) -> int:
    """The amount in minor units; where the currency is not known, in hundredths."""
    precision = get_currency_precision(currency) if currency else UNKNOWN_CURRENCY_PRECISION
    return int((amount * 10**precision).to_integral_value())
