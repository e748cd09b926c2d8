"""Whether two numbers, names or addresses mean the same product."""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlsplit

from services.pricing_watch.records import Candidate, Wanted

_WORD = re.compile(r"[^\W_]+")
_TRACKING = re.compile(r"^(?:utm_\w+|gclid|fbclid|ref|srsltid|msclkid|_\w+)$")


def same_number(one: str, other: str) -> bool:
    """Are two article numbers the same, but for case, spaces, dashes and leading noughts?"""
    return bool(_bare(one)) and _bare(one) == _bare(other)


def same_gtin(one: str, other: str) -> bool:
    """Are two GTINs of 8, 12, 13 or 14 digits the same? Shorter ones are padded with noughts at the left."""
    return gtin(one) is not None and gtin(one) == gtin(other)


def gtin(text: str) -> str | None:
    """A GTIN of 14 digits; none where it is none. Its check digit is not asked for: shops mistype."""
    digits = re.sub(r"[\s-]", "", text)
    return digits.zfill(14) if digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 14 else None


def bears_itself(candidate: Candidate, wanted: Wanted) -> bool:
    """Is the very thing called by the number that is wanted, not only the product that it is a variant of?"""
    by_sku = bool(wanted.sku and candidate.sku) and same_number(wanted.sku or "", candidate.sku or "")
    return by_sku or (bool(wanted.gtin and candidate.gtin) and same_gtin(wanted.gtin or "", candidate.gtin or ""))


def bears(candidate: Candidate, wanted: Wanted) -> bool:
    """Is the candidate's product called by the number that is wanted?"""
    numbers = [*candidate.numbers, *(number for number in (candidate.sku, candidate.gtin) if number)]
    by_sku = wanted.sku is not None and any(same_number(wanted.sku, number) for number in numbers)
    by_gtin = wanted.gtin is not None and any(same_gtin(wanted.gtin, number) for number in numbers)
    return by_sku or by_gtin


def mentions(text: str, number: str) -> bool:
    """Does a text hold a number as a word of its own? Short ones stand in any text."""
    return len(number) > 2 and bool(re.search(rf"(?<!\w){re.escape(number)}(?!\w)", text, re.IGNORECASE))


def words(text: str) -> frozenset[str]:
    """The words of a name without accents and case."""
    folded = unicodedata.normalize("NFKD", text[:500].casefold())
    return frozenset(_WORD.findall("".join(char for char in folded if not unicodedata.combining(char))))


def likeness(one: str | None, other: str | None) -> float:
    """How much of the shorter name's words the longer one holds, less a little for each word that is one's alone."""
    first, second = words(one or ""), words(other or "")
    if not first or not second:
        return 0.0
    shared = len(first & second)
    return shared / min(len(first), len(second)) - 0.01 * len(first ^ second)


def are_akin(one: str, other: str) -> bool:
    """Do two names share a word of three letters or more, or does one hold the other?"""
    first, second = one.casefold().strip(), other.casefold().strip()
    shared = {word for word in words(one) & words(other) if len(word) > 2}
    return bool(shared) or (bool(first and second) and (first in second or second in first))


def are_two_models(one: str, other: str) -> bool:
    """Do two names differ in their words with a digit: `Grat 10` and `Grat 12`? Not where one of them has none."""
    first, second = (_numbers_in(name) for name in (one, other))
    return bool(first and second) and not (first <= second or second <= first)


def _numbers_in(name: str) -> frozenset[str]:
    return frozenset(word for word in words(name) if any(char.isdigit() for char in word))


def is_the_shop(seller: str | None, shop: Iterable[str]) -> bool:
    """Is a seller the shop whose page it is?"""
    name = "".join(char for char in (seller or "").casefold() if char.isalnum())
    return len(name) > 2 and any(name == other or (len(other) > 3 and name.startswith(other)) for other in shop)


def same_page(one: str | None, other: str | None) -> bool:
    """Do two addresses lead to the same page? Host and path count, not scheme, `www.`, a final slash or the query."""
    return bool(one and other) and _page(one or "") == _page(other or "")


def same_variant(one: str | None, other: str | None) -> bool:
    """Do two addresses name the same variant: the same page, and a query or fragment that one shares with the other?"""
    if not one or not other or not same_page(one, other):
        return False
    first, second = _choices(one), _choices(other)
    return bool(first) and bool(second) and (first <= second or second <= first)


def _page(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return "", address
    return host, unquote(parts.path).rstrip("/").casefold()


def _choices(address: str) -> frozenset[tuple[str, str]]:
    try:
        parts = urlsplit(address)
    except ValueError:
        return frozenset()
    pairs = parse_qsl(parts.query, max_num_fields=None) if len(parts.query) < 2000 else []
    chosen = {(name, value) for name, value in pairs if not _TRACKING.match(name)}
    return frozenset(chosen | ({("#", parts.fragment)} if parts.fragment else set()))


def _bare(number: str) -> str:
    bare = re.sub(r"[\W_]", "", number).casefold()
    return bare.lstrip("0") or bare
