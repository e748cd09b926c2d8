"""The watch list as a table: a line is a product and one competitor's page. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from services.common.errors import Invalid
from services.pricing_watch.watching.products import Product


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A line of a table: a product and one competitor's page. Lines of one sku are one product."""

    sku: str
    product_name: str
    own_price: str | None = None
    own_currency: str | None = None
    own_pack: str | None = None
    gtin: str | None = None
    competitor: str | None = None
    page: str | None = None
    their_sku: str | None = None
    their_gtin: str | None = None
    their_name: str | None = None
    selector: str | None = None
    locale: str | None = None
    currency: str | None = None
    vat: str | None = None
    vat_rate: str | None = None
    pack: str | None = None
    interval: str | None = None
    cheapest: str | None = None
    render: str | None = None


OURS = {"sku": "sku", "product_name": "name", "own_price": "own_price", "own_currency": "currency"}
OURS |= {"own_pack": "pack", "gtin": "gtin"}
THEIRS = {"competitor": "competitor", "page": "page", "their_sku": "sku", "their_gtin": "gtin", "their_name": "name"}
THEIRS |= {name: name for name in ("selector", "locale", "currency", "vat", "vat_rate", "pack", "interval")}
SWITCHES = ("cheapest", "render")
YES_OR_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def from_rows(rows: Sequence[dict[str, str]]) -> dict[str, Any]:
    """The product that lines of one sku tell of, still to be held against the contract.

    :raises Invalid: when they say different things of the product.
    """
    product: dict[str, Any] = {}
    for row in rows:
        for column, name in OURS.items():
            if column in row and product.setdefault(name, row[column]) != row[column]:
                raise Invalid(
                    f"{row[column]!r} here and {product[name]!r} in an earlier line of {row['sku']!r}",
                    field=column,
                    mend="say the same in every line of a product, or say it once",
                )
    product["competitors"] = [_their_fields(row) for row in rows if "competitor" in row]
    return product


def _their_fields(row: dict[str, str]) -> dict[str, Any]:
    theirs = {name: row[column] for column, name in THEIRS.items() if column in row}
    return theirs | {name: value for name, value in with_switches(row, *SWITCHES).items() if name in SWITCHES}


def with_switches(row: Mapping[str, str], *switches: str) -> dict[str, Any]:
    """The row, what is yes or no in it made true or false; anything else stays, and is refused by the service."""
    return {name: YES_OR_NO.get(text.lower(), text) if name in switches else text for name, text in row.items()}


def to_rows(product: Product) -> Iterator[dict[str, str]]:
    """The lines that a product is in a table: `from_rows` reads them back."""
    ours = {column: getattr(product, name) for column, name in OURS.items()}
    own = {column: text for column, text in ours.items() if text is not None}
    if not product.competitors:
        yield own
    for page in product.competitors:
        theirs = {column: getattr(page, name) for column, name in THEIRS.items()}
        switches = {name: "true" for name in SWITCHES if getattr(page, name)}
        yield {**own, **{column: text for column, text in theirs.items() if text}, **switches}
