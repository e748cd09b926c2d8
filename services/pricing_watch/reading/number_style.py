"""How a page writes numbers, and which currency its bare signs mean: what it says of its language and country."""

from datetime import date
from functools import cache

import msgspec
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import get_territory_currencies

from services.common.money import known_currency

AS_OF = date(2026, 1, 1)
"""Which currency a country has is read from CLDR as of this day: nothing here reads a clock."""

_DOMAIN_REGIONS = {"uk": "GB", "eu": "", "co": "", "io": "", "me": "", "tv": "", "ai": "", "to": "", "ly": "", "cc": ""}
"""Country domains that are not called as their country, or are used by shops of any."""

_LANGUAGE_CURRENCIES = {
    "sv": "SEK",
    "da": "DKK",
    "nb": "NOK",
    "nn": "NOK",
    "no": "NOK",
    "is": "ISK",
    "ja": "JPY",
    "zh": "CNY",
}
"""The currency of a language that is an official one of a single country; not of `en`, `fr`, `es`, `pt`."""


class NumberStyle(msgspec.Struct, frozen=True, kw_only=True):
    """What settles a number that can be read in two ways, and a sign that several currencies share.

    `decimal` is `.` or `,` where a language is known. `currencies`: codes that a bare sign may mean, the most likely
    first. `stated`: the page's currency where an amount stands without a sign.
    """

    decimal: str | None = None
    currencies: tuple[str, ...] = ()
    stated: str | None = None


@cache
def decimal_sign(tag: str) -> str | None:
    """The decimal separator of a locale by CLDR; none for one that nobody knows."""
    locale = _locale(tag)
    if locale is None:
        return None
    sign = locale.number_symbols.get(locale.default_numbering_system, {}).get("decimal")
    return sign if sign in {".", ","} else None


@cache
def tag_currency(tag: str) -> str | None:
    """The currency of a locale's country; of its language where that tells the country."""
    locale = _locale(tag)
    if locale is None:
        return None
    return region_currency(locale.territory) if locale.territory else _LANGUAGE_CURRENCIES.get(locale.language)


@cache
def region_currency(region: str) -> str | None:
    """What a country pays with, where that is one currency."""
    codes = get_territory_currencies(region, AS_OF, AS_OF)
    return codes[0] if len(codes) == 1 and known_currency(codes[0]) else None


def domain_region(host: str) -> str | None:
    """The country of a host's name, where its top-level domain is a country's."""
    top = host.rpartition(".")[2]
    region = _DOMAIN_REGIONS.get(top, top.upper() if len(top) == 2 else "")
    return region or None


@cache
def domain_decimal(host: str) -> str | None:
    """The decimal separator of the language that a country's domain likely writes."""
    region = domain_region(host)
    likely = get_global("likely_subtags").get(f"und_{region}") if region else None
    return decimal_sign(f"{likely.split('_')[0]}-{region}") if likely else None


def _locale(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag.strip().replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError, TypeError):
        pass
    try:
        return Locale.parse(tag.strip().replace("_", "-").split("-")[0], sep="-")
    except (ValueError, UnknownLocaleError, TypeError):
        return None
