"""Product pages in the styles of real shop systems."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.numbers import format_currency
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.simulator.shop.catalogue import Competitor, name_of, path_of, range_of
from services.simulator.shop.prices import Offer

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)

AVAILABILITY = {
    "in_stock": "https://schema.org/InStock",
    "limited": "https://schema.org/LimitedAvailability",
    "out_of_stock": "https://schema.org/OutOfStock",
}
_WORDS = {
    "en": {"in_stock": "In stock", "limited": "Only a few left", "out_of_stock": "Sold out"},
    "fr": {"in_stock": "En stock", "limited": "Plus que quelques pièces", "out_of_stock": "Épuisé"},
    "de": {"in_stock": "Auf Lager", "limited": "Nur noch wenige", "out_of_stock": "Ausverkauft"},
    "it": {"in_stock": "Disponibile", "limited": "Ultimi pezzi", "out_of_stock": "Esaurito"},
}


def product_page(competitor: Competitor, sku: str, offer: Offer) -> str:
    """A product's page, with the price in structured data or not, as the competitor's shop system has it."""
    return _render(f"{competitor.style}.html", competitor, sku, offer)


def script_page(competitor: Competitor, sku: str, offer: Offer) -> str:
    """A page whose price only a browser sees: its script asks for it."""
    return _render("script.html", competitor, sku, offer)


def list_page(competitor: Competitor) -> str:
    """What the shop sells."""
    links = [(path_of(competitor, sku), name_of(sku, competitor.locale)) for sku in range_of(competitor)]
    return _templates.get_template("list.html").render(competitor=competitor, links=links)


def product_json(competitor: Competitor, sku: str, offer: Offer) -> dict[str, Any]:
    """schema.org's Product."""
    return {
        "@context": "https://schema.org/",
        "@type": "Product",
        "name": name_of(sku, competitor.locale),
        "sku": sku,
        "offers": {
            "@type": "Offer",
            "price": str(_amount(offer.price_minor)),
            "priceCurrency": competitor.currency,
            "availability": AVAILABILITY[offer.stock],
            "itemCondition": "https://schema.org/NewCondition",
        },
    }


def _render(template: str, competitor: Competitor, sku: str, offer: Offer) -> str:
    listed = offer.list_price_minor
    return _templates.get_template(template).render(
        competitor=competitor,
        language=competitor.locale.replace("_", "-"),
        name=name_of(sku, competitor.locale),
        sku=sku,
        amount=_amount(offer.price_minor),
        price=_written(competitor, offer.price_minor),
        list_price=None if listed is None else _written(competitor, listed),
        availability=AVAILABILITY[offer.stock],
        stock=_WORDS[competitor.locale[:2]][offer.stock],
        product=json.dumps(product_json(competitor, sku, offer), ensure_ascii=False).replace("<", "\\u003c"),
    )


def _amount(minor: int) -> Decimal:
    return Decimal(minor).scaleb(-2)


def _written(competitor: Competitor, minor: int) -> str:
    return str(format_currency(_amount(minor), competitor.currency, locale=competitor.locale))
