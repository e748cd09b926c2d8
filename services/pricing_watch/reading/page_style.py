"""The number style of a page: what is asked for, then what the page says of itself, then its host's country."""

from services.pricing_watch.reading.currencies import read_code
from services.pricing_watch.reading.document import Document
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


def page_style(document: Document, wanted: Wanted, stated: str | None = None) -> NumberStyle:
    """How numbers on this page are to be read. `stated`: the currency that its structured data name."""
    tags = [tag for tag in (wanted.locale, *_own_tags(document)) if tag]
    decimal = next((sign for tag in tags if (sign := decimal_sign(tag))), None) or domain_decimal(document.host)
    region = domain_region(document.host)
    own = stated or _meta_currency(document)
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
        stated=wanted.currency or own,
    )


def _own_tags(document: Document) -> list[str]:
    return [tag for tag in (document.language, document.meta("og:locale"), document.content_language) if tag]


def _meta_currency(document: Document) -> str | None:
    for name in _CURRENCY_METAS:
        code = read_code(document.meta(name) or "", NumberStyle())
        if code:
            return code
    return None
