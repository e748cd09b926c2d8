"""Signs and abbreviations of currencies. Several share a sign: which one is meant, the page must tell."""

import re

from services.common.money import known_currency
from services.pricing_watch.reading.number_style import NumberStyle

_DOLLARS = ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP", "TWD", "BRL")

_SIGNS: dict[str, tuple[str, ...]] = {
    "$": _DOLLARS,
    "US$": ("USD",),
    "U$S": ("USD",),
    "US $": ("USD",),
    "CA$": ("CAD",),
    "C$": ("CAD",),
    "CDN$": ("CAD",),
    "AU$": ("AUD",),
    "A$": ("AUD",),
    "AU $": ("AUD",),
    "C $": ("CAD",),
    "NZ$": ("NZD",),
    "S$": ("SGD",),
    "HK$": ("HKD",),
    "MX$": ("MXN",),
    "NT$": ("TWD",),
    "R$": ("BRL",),
    "€": ("EUR",),
    "euro": ("EUR",),
    "euros": ("EUR",),
    "£": ("GBP",),
    "¥": ("JPY", "CNY"),
    "￥": ("JPY", "CNY"),
    "円": ("JPY",),
    "元": ("CNY", "TWD"),
    "CN¥": ("CNY",),
    "JP¥": ("JPY",),
    "RMB": ("CNY",),
    "₹": ("INR",),
    "Rs.": ("INR", "PKR", "LKR", "NPR"),
    "Rs": ("INR", "PKR", "LKR", "NPR"),
    "₩": ("KRW",),
    "₺": ("TRY",),
    "TL": ("TRY",),
    "₽": ("RUB",),
    "руб.": ("RUB",),
    "руб": ("RUB",),
    "₴": ("UAH",),
    "грн": ("UAH",),
    "₪": ("ILS",),
    "฿": ("THB",),
    "₫": ("VND",),
    "₱": ("PHP",),
    "₦": ("NGN",),
    "zł": ("PLN",),
    "zl": ("PLN",),
    "Kč": ("CZK",),
    "Ft": ("HUF",),
    "lei": ("RON",),
    "лв.": ("BGN",),
    "лв": ("BGN",),
    "kr.": ("DKK", "SEK", "NOK", "ISK"),
    "kr": ("SEK", "DKK", "NOK", "ISK"),
    "Fr.": ("CHF",),
    "SFr.": ("CHF",),
    "sFr": ("CHF",),
    "Fr": ("CHF",),
    "RM": ("MYR",),
    "Rp": ("IDR",),
    "د.إ": ("AED",),
}
_WORDS_TOO = frozenset({"ft", "tl", "rm", "rp", "rs", "rs.", "fr", "lei"})
"""What is a word or a unit as well (a foot, a Friday): a currency only where the page may use it."""

_BY_FOLDED = {sign.casefold(): codes for sign, codes in _SIGNS.items()}
_ALL = (
    "EUR|USD|GBP|CHF|CAD|AUD|NZD|SGD|HKD|MXN|BRL|JPY|CNY|INR|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|TRY|KRW|TWD|THB|MYR|"
    "IDR|PHP|VND|ZAR|ILS|AED|SAR|KWD|BHD|OMR|JOD|TND|QAR|RUB|UAH|ARS|CLP|COP|EGP|MAD|NGN|PKR|LKR|NPR|RSD"
)


def _sign_pattern() -> str:
    parts = []
    for sign in sorted(_SIGNS, key=len, reverse=True):
        escaped = re.escape(sign).replace(r"\ ", r"\s?")
        before = r"(?<![^\W\d_])" if sign[0].isalpha() else ""
        after = r"(?![^\W\d_])" if sign[-1].isalpha() else ""
        parts.append(f"{before}{escaped}{after}")
    return "|".join(parts)


CODE = rf"(?<![^\W\d_])(?:{_ALL})(?![^\W\d_])"
"""A pattern that matches one ISO code."""
SIGN = rf"(?:{CODE}(?:\s?[$€£])?|{_sign_pattern()})"
"""A pattern that matches one sign, abbreviation or code."""


def settle(sign: str, style: NumberStyle) -> str | None:
    """The code that a sign stands for on a page; none where it stays open."""
    codes = _codes(sign)
    if len(codes) == 1 and sign.strip().casefold() not in _WORDS_TOO:
        return codes[0]
    return next((code for code in style.currencies if code in codes), None)


def is_word_too(sign: str) -> bool:
    """Is a sign a word or a unit as well, such as `ft`?"""
    return sign.strip().casefold() in _WORDS_TOO


def may_mean(sign: str, code: str) -> bool:
    """Can a sign stand for this currency?"""
    return code in _codes(sign)


def _codes(sign: str) -> tuple[str, ...]:
    sign = " ".join(sign.split())
    code = sign[:3].upper()
    if known_currency(code) and len(sign.rstrip("$€£ ")) == 3:
        return (code,)
    return _BY_FOLDED.get(sign.casefold()) or _BY_FOLDED.get(sign.casefold().replace(" ", ""), ())


def read_code(text: str, style: NumberStyle) -> str | None:
    """The currency that a field of structured data names: by its code, or by a sign."""
    word = text.strip()
    if known_currency(word.upper()):
        return word.upper()
    return settle(word, style)
