"""What pricing_watch handles: pages, what is looked for on them, and what was read."""

from datetime import datetime
from enum import StrEnum

import msgspec


class Stock(StrEnum):
    """Whether a product can be had: the states of the event contract."""

    IN_STOCK = "in_stock"
    LIMITED = "limited"
    PREORDER = "preorder"
    BACKORDER = "backorder"
    OUT_OF_STOCK = "out_of_stock"
    DISCONTINUED = "discontinued"


class Kind(StrEnum):
    """What a page sells: one thing at one price, one thing from many sellers, a thing in several variants, nothing."""

    SINGLE = "single"
    AGGREGATE = "aggregate"
    VARIANTS = "variants"
    NONE = "none"


class Method(StrEnum):
    """How a price was found, the most trusted first."""

    GIVEN = "given"
    """Told by API or file, not read from a page."""
    SELECTOR = "selector"
    """At the place that the watch list names."""
    JSON_LD = "json_ld"
    MICRODATA = "microdata"
    RDFA = "rdfa"
    META = "meta"
    """OpenGraph and product meta tags."""
    EMBEDDED = "embedded"
    """JSON that the page's own scripts read."""
    TEXT = "text"
    """The text that a visitor sees: a guess."""


class Role(StrEnum):
    """What a product is to the page that it stands on."""

    MAIN = "main"
    """The page says that it is about this one."""
    PLAIN = "plain"
    """Nothing is said."""
    VARIANT = "variant"
    """One size, colour or pack of the product."""
    LISTED = "listed"
    """One of a list."""
    RELATED = "related"
    """Recommended beside the product: never the one that is meant."""


class Obstacle(StrEnum):
    """Why a page gave no price, for who decides what becomes of the page."""

    GONE = "gone"
    """The product is no longer there: the page says so, or its status does."""
    LOGIN = "login"
    """Prices are shown to who signs in."""
    BLOCKED = "blocked"
    """A wall against robots, or a wait for a browser."""
    CLOSED = "closed"
    """Maintenance, or an error of the shop: come back later."""
    LISTING = "listing"
    """A category, a search, a cart: no product's page."""
    ON_REQUEST = "on_request"
    """The shop tells its price only when asked."""
    OTHER_PRODUCT = "other_product"
    """The page is about another product than the one that is wanted."""
    AMBIGUOUS = "ambiguous"
    """Several prices could be meant, or sources contradict one another."""
    CURRENCY = "currency"
    """It is in another currency than is wanted, or does not say in which."""
    CONDITION = "condition"
    """Only used, refurbished or damaged ones have a price."""
    NO_PRICE = "no_price"
    """A product's page, as it seems, without a price that can be read."""
    SELECTOR = "selector"
    """The page's own selector finds no price, or several."""
    UNREADABLE = "unreadable"
    """No HTML, too large, or not made for people."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page as it was fetched. `url` is the one that answered, after redirects."""

    url: str
    body: bytes
    content_type: str = ""
    """The header's value, which may name a charset."""
    status: int = 200
    language: str = ""
    """The `Content-Language` header's value."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is looked for on a page. Only what is known is given; with nothing, the page's main product is meant."""

    sku: str | None = None
    """The product's number in the competitor's shop."""
    gtin: str | None = None
    name: str | None = None
    locale: str | None = None
    """How the page writes numbers: `fr-FR`, `de-CH`, `en`."""
    currency: str | None = None
    """The ISO 4217 code that its prices are in: of a page that states another, none is taken."""
    selector: str | None = None
    """Where the price stands: a CSS selector, `xpath:…`, or `json:…`, a JMESPath into JSON embedded in the page."""
    cheapest: bool = False
    """Of several offers that could be meant, take the cheapest."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A price that stands on a page, and where it came from. Amounts are in minor units of the currency."""

    method: Method
    where: str
    """The place: a path into the structured data, a selector, or the words around it."""
    text: str = ""
    """What stands there, as it is written."""
    price_minor: int | None = None
    currency: str | None = None
    list_price_minor: int | None = None
    stock: Stock | None = None
    name: str | None = None
    sku: str | None = None
    gtin: str | None = None
    condition: str | None = None
    """`new`, `used`, `refurbished`, `damaged`; none where nothing is said."""
    seller: str | None = None
    unit_price_minor: int | None = None
    unit: str | None = None
    """What the unit price is for: `kg`, `l`, `100 g`."""
    shipping_minor: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    refused: str | None = None
    """Why this one is not the price, where it is not."""
    product: str = ""
    """Which product of the page it belongs to: where that one stands."""
    role: Role = Role.PLAIN
    numbers: tuple[str, ...] = ()
    """Every number that names its product: sku, mpn, productID, GTIN."""
    url: str | None = None
    high_minor: int | None = None
    """The upper end of a range that starts with `price_minor`."""
    or_minor: int | None = None
    """The other way to read `text`, where there is one."""
    doubt: str | None = None
    """Why `price_minor` needs another candidate that says the same."""
    tax_included: bool | None = None
    """None where nothing is said: a consumer price, then, has its tax in it."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says of a product's price. Without a price, `reason` says why; with one, why it is this one."""

    price_minor: int | None = None
    currency: str | None = None
    list_price_minor: int | None = None
    stock: Stock | None = None
    kind: Kind = Kind.NONE
    method: Method | None = None
    confidence: float = 0.0
    reason: str = ""
    obstacle: Obstacle | None = None
    """Set exactly where there is no price."""
    tax_included: bool | None = None
    unit_price_minor: int | None = None
    unit: str | None = None
    shipping_minor: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    candidates: tuple[Candidate, ...] = ()
