"""OpenGraph and product meta tags: `product:price:amount`, `og:price:amount`, `twitter:data1` and their like."""

import re

import msgspec

from services.pricing_watch.reading.conditions import read_condition
from services.pricing_watch.reading.currencies import read_code
from services.pricing_watch.reading.document import Document
from services.pricing_watch.reading.meaning import Meaning
from services.pricing_watch.reading.number_style import NumberStyle
from services.pricing_watch.reading.price_text import read_price
from services.pricing_watch.reading.priced import priced
from services.pricing_watch.reading.stock import read_stock
from services.pricing_watch.reading.words import meaning_of
from services.pricing_watch.records import Candidate, Method

_PRICES = ("product:price:amount", "og:price:amount", "product:price", "og:price", "price", "product_price")
_SALE_PRICES = ("product:sale_price:amount", "og:sale_price:amount", "product:sale_price")
_LIST_PRICES = (
    *(
        "product:original_price:amount",
        "og:price:standard_amount",
        "og:price:original_amount",
        "product:original_price",
    ),
    *("product:price:standard_amount",),
)
_CURRENCIES = (
    "product:price:currency",
    "og:price:currency",
    "og:currency",
    "product:sale_price:currency",
    "pricecurrency",
)
_STOCK = ("product:availability", "og:availability", "availability")
_CONDITION = ("product:condition", "og:condition")
_NUMBERS = (
    *("product:retailer_item_id", "product:retailer_part_no", "product:mfr_part_no", "product:sku"),
    *("product:gtin", "product:ean", "product:upc", "product:isbn", "sku"),
)


def read_meta_tags(document: Document, style: NumberStyle) -> list[Candidate]:
    """One candidate per price that the head's meta tags state."""
    stock, condition = document.meta(*_STOCK), document.meta(*_CONDITION)
    base = Candidate(
        method=Method.META,
        where="meta",
        product="meta",
        name=document.meta("og:title", "twitter:title"),
        url=document.meta("og:url"),
        numbers=tuple(number for name in _NUMBERS for number in document.metas.get(name, ())),
        stock=read_stock(stock) if stock else None,
        condition=read_condition(condition) if condition else None,
    )
    found = _amounts(document, _SALE_PRICES, base, style)
    regular = _amounts(document, _PRICES, base, style)
    listed = _amounts(document, _LIST_PRICES, base, style)
    if found:
        listed = listed or regular
    else:
        found = regular or _twitter(document, base, style)
    list_price = listed[0].price_minor if listed else None
    return [msgspec.structs.replace(one, list_price_minor=list_price) for one in found]


def _amounts(document: Document, names: tuple[str, ...], base: Candidate, style: NumberStyle) -> list[Candidate]:
    """The amounts of the first of these names that is there, each once. By custom the decimal sign is a point."""
    for name in names:
        texts = list(dict.fromkeys(document.metas.get(name, ())))[:20]
        if texts:
            code = read_code(document.meta(name.replace("amount", "currency"), *_CURRENCIES) or "", style)
            return [_candidate(text, f"meta {name}", base, style, code) for text in texts]
    return []


def _twitter(document: Document, base: Candidate, style: NumberStyle) -> list[Candidate]:
    """The label of a Twitter card says whether its data are a price."""
    for number in ("1", "2"):
        label, text = document.meta(f"twitter:label{number}") or "", document.meta(f"twitter:data{number}")
        if text and label.casefold().strip() in {"price", "preis", "prix", "prezzo", "precio", "prijs", "cena", "pris"}:
            return [_candidate(text, f"meta twitter:data{number}", base, style, None)]
    return []


def _candidate(text: str, where: str, base: Candidate, style: NumberStyle, code: str | None) -> Candidate:
    words_before = re.split(r"[0-9€$£]", text, maxsplit=1)[0]
    if meaning_of(words_before, "") is Meaning.STARTING:
        return msgspec.structs.replace(base, where=where, text=text, refused="is the lowest of several prices")
    price = read_price(text, msgspec.structs.replace(style, decimal="." if code else style.decimal), code)
    return priced(msgspec.structs.replace(base, where=where), text, price)
