"""The file of the watch list, `watch.yml`: read whole, or refused with every fault and its line."""

from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from services.common import yaml_files
from services.common.errors import Invalid
from services.common.events.explain import explain
from services.common.yaml_files import Document, FileKind
from services.pricing_watch.watching.products import CompetitorPage, Product, check_product

WATCH_LIST = FileKind("the watch list", "CADRAN_PRICING_WATCH_LIST", "docs/pricing.md")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`defaults` are what holds for every competitor's page that does not say otherwise."""

    products: Annotated[list[dict[str, Any]], Meta(description="The products, a list; [] for none.")]
    defaults: Annotated[dict[str, str], Meta(description="What holds for every page.", examples=["interval: 6h"])] = {}


def load_watch_file(path: Path) -> tuple[Product, ...]:
    """The products of a file.

    :raises ConfigurationError: naming every fault with its line and the mend.
    """
    return yaml_files.load(path, WATCH_LIST, products_of)


def read_products(name: str, content: bytes) -> tuple[Product, ...]:
    """The products of what a file holds.

    :raises ConfigurationError: naming every fault with its line and the mend.
    """
    return yaml_files.read(name, content, WATCH_LIST, products_of)


def products_of(document: Document) -> tuple[Product, ...]:
    """The products of a document that can be read; the faults of others are noted in it."""
    file = document.convert(_File)
    if file is None:
        return ()
    for fault in _unknown_defaults(file.defaults):
        document.blame(fault)
    products: dict[str, Product] = {}
    for i, given in enumerate(file.products):
        try:
            product = _product(given, file.defaults, known=products)
            products[product.sku] = product
        except Invalid as error:
            document.blame(Invalid(error.message, field=f"products[{i}].{error.field}", mend=error.mend))
    return tuple(products.values())


def _unknown_defaults(defaults: Mapping[str, str]) -> Iterator[Invalid]:
    known = [name for name in CompetitorPage.__struct_fields__ if name not in ("competitor", "page")]
    for name in defaults:
        if name not in known:
            yield Invalid("is no field of a page", field=f"defaults.{name}", mend=f"the fields are {', '.join(known)}")


def _product(given: dict[str, Any], defaults: Mapping[str, str], known: Container[str]) -> Product:
    pages = given.get("competitors")
    if isinstance(pages, list):
        given = {**given, "competitors": [{**defaults, **p} if isinstance(p, dict) else p for p in pages]}
    product = read_product(given)
    if product.sku in known:
        raise Invalid(f"{product.sku!r} stands twice in the file", field="sku", mend="make one of the two")
    return product


def read_product(given: object) -> Product:
    """A product from texts, lists and mappings.

    :raises Invalid: naming the field, and the mend.
    """
    try:
        return check_product(msgspec.convert(given, Product, strict=False))
    except msgspec.ValidationError as error:
        raise explain(error, Product, "") from None
