"""What is watched: our products, and for each the competitors' pages. Pure.

A product is one entry, whether it comes from the file, the API or a row of a table. Amounts are written in major units
("129.90") and read as decimals, never as floats.
"""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import cached_property
from hashlib import blake2b
from typing import Annotated, Literal
from urllib.parse import urlsplit

import idna
import msgspec
from msgspec import Meta

from services.common.errors import Invalid
from services.common.events.fields import PLAIN, CurrencyCode
from services.common.money import exponent, known_currency
from services.pricing_watch.reading.selector import check_selector
from services.pricing_watch.records import Wanted

LEAST_INTERVAL_S, MOST_INTERVAL_S = 60, 7 * 86400
MOST_COMPETITORS = 20
"""The stream folds all of a product's prices as one entity: docs/scaling.md says what more would cost."""

MOST_HOST = 253
"""Characters of a host's name (RFC 1035)."""

NAME = r"^(?!\.\.?$)[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$(?!\n)"
"""No control characters, no blanks around it, and neither . nor .., which no address can bear."""

Sku = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=90,
        pattern=NAME,
        description="Our number of the product, no blanks around it.",
        examples=["LAMP-01"],
    ),
]
Competitor = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=80,
        pattern=r"^[^\s\x00-\x1f\x7f@#]([^\x00-\x1f\x7f@#]*[^\s\x00-\x1f\x7f@#])?$(?!\n)",
        description="A competitor's name, without @ and #.",
        examples=["northlight"],
    ),
]
Major = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,10}(\.[0-9]{1,4})?$(?!\n)",
        description="An amount in major units, with a point.",
        examples=["129.90"],
    ),
]
Interval = Annotated[
    str,
    Meta(
        pattern=r"^[1-9][0-9]{0,5}(s|m|h|d)$(?!\n)",
        description="A time between readings: a number and s, m, h or d.",
        examples=["6h"],
    ),
]
Percent = Annotated[
    str,
    Meta(pattern=r"^[0-9]{1,2}(\.[0-9]{1,3})?$(?!\n)", description="A rate of tax in percent.", examples=["20"]),
]
Pack = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,7}(\.[0-9]{1,4})?$(?!\n)",
        description="How much one pack holds, in the same unit for us and for them.",
        examples=["6"],
    ),
]
Locale = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z]{4})?([-_][A-Za-z]{2}|[-_][0-9]{3})?$(?!\n)",
        description="How a page writes numbers: a language, and where it matters a country.",
        examples=["fr-FR"],
    ),
]
Vat = Literal["included", "excluded"]
Text = Annotated[
    str, Meta(min_length=1, max_length=300, pattern=PLAIN, description="A short text.", examples=["Oak desk lamp"])
]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class CompetitorPage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a competitor sells what compares with a product of ours.

    Without a page its price is only ever given, by API or file. `sku`, `gtin` and `name` are theirs.
    """

    competitor: Competitor
    page: Annotated[str, Meta(max_length=2000, description="Its address.", examples=["https://shop.example/lamp"])] = ""
    sku: Text | None = None
    gtin: Annotated[str, Meta(pattern=r"^[0-9]{8,14}$(?!\n)", description="8 to 14 digits.")] | None = None
    name: Text | None = None
    selector: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    locale: Locale | None = None
    currency: CurrencyCode | None = None
    vat: Vat = "included"
    vat_rate: Percent | None = None
    pack: Pack = "1"
    interval: Interval = "6h"
    cheapest: bool = False
    render: bool = False

    @property
    def interval_s(self) -> int:
        return int(self.interval[:-1]) * _SECONDS[self.interval[-1]]

    @property
    def host(self) -> str:
        """Whose turn a reading waits for, as it is asked for: in ASCII; empty where nothing is fetched."""
        name = (urlsplit(self.page).hostname or "").rstrip(".") if self.page else ""
        try:
            return idna.encode(name, uts46=True).decode() if name else ""
        except idna.IDNAError:
            return name.lower()


class Product(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, dict=True):
    """One of our products. `own_price` is our consumer price, tax included, of one pack."""

    sku: Sku
    name: Text
    own_price: Major | None = None
    currency: CurrencyCode | None = None
    pack: Pack = "1"
    gtin: Annotated[str, Meta(pattern=r"^[0-9]{8,14}$(?!\n)", description="8 to 14 digits.")] | None = None
    competitors: Annotated[
        tuple[CompetitorPage, ...],
        Meta(max_length=MOST_COMPETITORS, description="A list of at most 20 pages, one of a competitor."),
    ] = ()

    @cached_property
    def pairs(self) -> dict[str, CompetitorPage]:
        """The competitors' pages by the id of their pair."""
        return {pair_id(self, page): page for page in self.competitors}

    @property
    def own_price_minor(self) -> int | None:
        """Our price in minor units; none where it is not known."""
        if self.own_price is None or self.currency is None:
            return None
        return minor_of(self.own_price, self.currency, "own_price")


def minor_of(amount: str, currency: str, field: str) -> int:
    """An amount in major units as minor ones.

    :raises Invalid: when it has more decimals than the currency.
    """
    minor = Decimal(amount).scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        decimals = -int(Decimal(amount).normalize().as_tuple().exponent)
        fault = f"has {decimals} decimals, and {currency} has {exponent(currency)}"
        raise Invalid(fault, field=field, mend="round it")
    return int(minor)


def pair_id(product: Product, page: CompetitorPage) -> str:
    """A name for what is compared with what: it changes with the page, with how it is read, and with what its price
    means.

    So a price that was read by other rules is never taken for the same one's move.
    """
    tax = page.vat_rate if page.vat == "excluded" else None
    meaning = (page.page, wanted(product, page), page.render, tax, page.pack, product.pack)
    digest = blake2b(msgspec.json.encode(meaning), digest_size=4).hexdigest()
    return f"{product.sku}@{page.competitor}#{digest}"


def wanted(product: Product, page: CompetitorPage) -> Wanted:
    """What is looked for on a page. Our own number and name say nothing there; a GTIN is the same everywhere."""
    return Wanted(
        sku=page.sku,
        gtin=page.gtin or product.gtin,
        name=page.name,
        locale=page.locale,
        currency=page.currency,
        selector=page.selector,
        cheapest=page.cheapest,
    )


def check_product(product: Product) -> Product:
    """The product, as it is.

    :raises Invalid: naming the field that cannot be with the others, and the mend.
    """
    fault = next(_faults(product), None)
    if fault is not None:
        raise fault
    return product


def _faults(product: Product) -> Iterator[Invalid]:
    if product.own_price is not None and product.currency is None:
        yield Invalid("is missing beside own_price", field="currency", mend="send its ISO 4217 code, such as EUR")
    yield from _currency_faults(product.currency, "currency")
    if product.currency and known_currency(product.currency) and product.own_price:
        try:
            minor_of(product.own_price, product.currency, "own_price")
        except Invalid as fault:
            yield fault
    yield from _zero_faults(product.pack, "pack")
    seen: set[str] = set()
    for i, page in enumerate(product.competitors):
        field = f"competitors[{i}]"
        if page.competitor in seen:
            yield Invalid(
                f"{page.competitor!r} stands twice under {product.sku!r}",
                field=f"{field}.competitor",
                mend="give a competitor one page for a product",
            )
        seen.add(page.competitor)
        yield from _page_faults(page, field)


def _page_faults(page: CompetitorPage, field: str) -> Iterator[Invalid]:
    if page.page:
        yield from _address_faults(page.page, f"{field}.page")
    yield from _currency_faults(page.currency, f"{field}.currency")
    yield from _zero_faults(page.pack, f"{field}.pack")
    if not LEAST_INTERVAL_S <= page.interval_s <= MOST_INTERVAL_S:
        yield Invalid(
            f"{page.interval} is not between a minute and 7 days", field=f"{field}.interval", mend="send 6h, or 1d"
        )
    if page.vat == "excluded" and page.vat_rate is None:
        yield Invalid(
            "is missing beside vat: excluded", field=f"{field}.vat_rate", mend="send the rate in percent, as 20"
        )
    broken = check_selector(page.selector) if page.selector else None
    if broken is not None:
        yield Invalid(f"cannot be read: {broken}", field=f"{field}.selector", mend="write CSS, xpath:…, or json:…")
    for name in ("selector", "render"):
        if getattr(page, name) and not page.page:
            yield Invalid("has no page to be used on", field=f"{field}.{name}", mend="give the page, or leave it out")


UNSAFE = re.compile(r"[\s\x00-\x1f\x7f]")


def _address_faults(address: str, field: str) -> Iterator[Invalid]:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        yield Invalid(f"is no address: {error}", field=field, mend="send https://…")
        return
    if parts.scheme not in ("http", "https") or not parts.hostname or UNSAFE.search(address) or parts.port == 0:
        yield Invalid("is no address of a page", field=field, mend="send https://host/path")
    elif len(parts.hostname) > MOST_HOST:
        yield Invalid(f"has a host of over {MOST_HOST} characters", field=field, mend="send https://host/path")
    elif parts.username is not None or parts.password is not None:
        yield Invalid("holds a name or password", field=field, mend="send the address of a page that anyone may see")


def _currency_faults(code: str | None, field: str) -> Iterator[Invalid]:
    if code is not None and not known_currency(code):
        yield Invalid(f"no currency is called {code!r}", field=field, mend="send its ISO 4217 code, such as EUR")


def _zero_faults(amount: str, field: str) -> Iterator[Invalid]:
    try:
        is_zero = Decimal(amount) == 0
    except InvalidOperation:
        return
    if is_zero:
        yield Invalid("is 0", field=field, mend="send how much a pack holds, or leave it out")
