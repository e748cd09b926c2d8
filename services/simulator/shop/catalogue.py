"""The competitors: what shop system each has, what it sells of our goods, and at what level of prices."""

from random import Random
from typing import NamedTuple

from services.simulator.company import PRODUCTS, Product


class Competitor(NamedTuple):
    """A shop. `level` is how its prices stand to ours; `style` names the template of its product pages."""

    name: str
    title: str
    style: str
    locale: str
    currency: str
    level: float


COMPETITORS = (
    Competitor("northlight", "Northlight", "json_ld", "en_IE", "EUR", 0.97),
    Competitor("maison-claire", "Maison Claire", "microdata", "fr_FR", "EUR", 1.04),
    Competitor("lampenhaus", "Lampenhaus", "meta", "de_DE", "EUR", 0.94),
    Competitor("casa-luce", "Casa Luce", "text", "it_IT", "EUR", 1.01),
    Competitor("alpenwohnen", "Alpenwohnen", "json_ld", "de_CH", "CHF", 1.06),
)

BY_NAME = {competitor.name: competitor for competitor in COMPETITORS}

RANGE = 0.8
"""The share of our products that a competitor sells as well."""

_FAMILIES = {
    "CHAIR": {"en": "Chair", "fr": "Chaise", "de": "Stuhl", "it": "Sedia"},
    "LAMP": {"en": "Lamp", "fr": "Lampe", "de": "Lampe", "it": "Lampada"},
    "DESK": {"en": "Desk", "fr": "Bureau", "de": "Schreibtisch", "it": "Scrivania"},
    "RUG": {"en": "Rug", "fr": "Tapis", "de": "Teppich", "it": "Tappeto"},
    "VASE": {"en": "Vase", "fr": "Vase", "de": "Vase", "it": "Vaso"},
}


def range_of(competitor: Competitor) -> dict[str, Product]:
    """The products that a competitor sells, by sku: the same ones always."""
    chosen = Random(competitor.name)
    return {product.sku: product for product in PRODUCTS if chosen.random() < RANGE}


def name_of(sku: str, locale: str) -> str:
    """A product's name in a shop's language."""
    family, _, number = sku.partition("-")
    return f"{_FAMILIES[family][locale[:2]]} {number}"


def path_of(competitor: Competitor, sku: str) -> str:
    """Where a product's page is: `/northlight/products/LAMP-01`."""
    return f"/{competitor.name}/products/{sku}"
