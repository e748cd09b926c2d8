"""The number style of a page: what is asked for, then what the page says of itself, then its host's country."""

import re
from itertools import islice

from lxml import etree

from services.pricing_watch.reading.currencies import read_code
from services.pricing_watch.reading.document import MAX_ELEMENTS, Document
from services.pricing_watch.reading.json_ld import json_ld_values
from services.pricing_watch.reading.loose_json import walk
from services.pricing_watch.reading.number_style import (
    NumberStyle,
    decimal_sign,
    domain_decimal,
    domain_region,
    region_currency,
    tag_currency,
)
from services.pricing_watch.records import Wanted

_CURRENCY_METAS = (
    "product:price:currency",
    "og:price:currency",
    "product:sale_price:currency",
    "pricecurrency",
    "currency",
)

_SHOPIFY = re.compile(r"Shopify\.currency\s{0,3}=\s{0,3}\{\s{0,3}[\"']active[\"']\s{0,3}:\s{0,3}[\"']([A-Z]{3})")
MAX_STATED = 200
MAX_SCRIPT = 200_000


def page_style(document: Document, wanted: Wanted) -> NumberStyle:
    """How numbers on this page are to be read, and what its bare signs and numbers without a sign mean."""
    tags = [tag for tag in (wanted.locale, *_own_tags(document)) if tag]
    decimal = next((sign for tag in tags if (sign := decimal_sign(tag))), None) or domain_decimal(document.host)
    region = domain_region(document.host)
    own = _stated(document)
    likely = [
        wanted.currency,
        tag_currency(wanted.locale) if wanted.locale else None,
        own,
        *[tag_currency(tag) for tag in _own_tags(document)],
        region_currency(region) if region else None,
    ]
    return NumberStyle(
        decimal=decimal,
        currencies=tuple(dict.fromkeys(code for code in likely if code)),
        stated=own or wanted.currency,
    )


def _stated(document: Document) -> str | None:
    """The one currency that the page's metas and structured data name; none where they name several."""
    texts = [text for name in _CURRENCY_METAS for text in document.metas.get(name, ())]
    texts += _in_json_ld(document)
    for element in islice(document.root.iter(etree.Element), MAX_ELEMENTS):
        if element.get("itemprop") == "priceCurrency" or element.get("property") == "priceCurrency":
            texts.append(element.get("content") or element.text or "")
    codes = {code for text in texts[:MAX_STATED] if (code := read_code(text, NumberStyle()))}
    return codes.pop() if len(codes) == 1 else _shopify_currency(document) if not codes else None


def _in_json_ld(document: Document) -> list[str]:
    found: list[str] = []
    for node in islice(walk(json_ld_values(document)), MAX_ELEMENTS):
        value = node.get("priceCurrency")
        if isinstance(value, str):
            found.append(value)
    return found


def _shopify_currency(document: Document) -> str | None:
    for script in document.root.iter("script"):
        match = _SHOPIFY.search((script.text or "")[:MAX_SCRIPT])
        if match and (code := read_code(match[1], NumberStyle())):
            return code
    return None


def _own_tags(document: Document) -> list[str]:
    return [tag for tag in (document.language, document.meta("og:locale"), document.content_language) if tag]
