"""The text of a price to minor units of its currency. Where a text can be read in two ways, it says so.

`1,400` is 1400: three digits after one separator are thousands, unless the currency has three decimals or that
separator is the decimal one of the page's locale. `12,-`, `Fr. 12.–`, `12€90` and `CHF 1'299.-` are read; a minus, a
range, or more decimals than the currency has are refused.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

import msgspec
from price_parser import Price as ParsedNumber

from services.common.money import exponent
from services.pricing_watch.reading.currencies import CODE, SIGN, may_mean, settle
from services.pricing_watch.reading.number_style import NumberStyle

MAX_TEXT = 300
"""Characters of a text that can be a price."""
MAX_MINOR = 10**12
"""Above this nothing in a shop is a price."""

NOISY, NOISE = 12, Decimal("1e-6")
"""From so many digits on, so little of a minor unit is the noise of a binary fraction: 12.899999999999999."""

JOINT = "\u2063"
"""Stands where two elements meet between digits, so that `12` and `90` are not read as 1290."""
CELL = "  "
"""Stands between the cells of a table: what a number in one ends with does not belong to that in the next."""
NEGATIVE, ADDITION, RANGE = "is negative", "is an addition to a price", "is a range of prices"
CENTS = "\u2064"
"""Stands before digits that the page sets apart as cents, by `sup` or by a class."""

_SPACES = "  \u2007\u2008\u2009\u202f"
_QUOTES = "'’‘´`ʼ"
_DASHES = "-−–—"
_TO_PLAIN = str.maketrans(
    {
        **dict.fromkeys(_SPACES, " "),
        **dict.fromkeys(_QUOTES, "'"),
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
        "，": ",",
        "．": ".",
        "\u200b": None,
        "\u200e": None,
        "\u200f": None,
        "\u2060": None,
        "\ufeff": None,
    }
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_RAISED = re.compile("(?<=[0-9])([⁰¹²³⁴⁵⁶⁷⁸⁹]{2})(?![⁰¹²³⁴⁵⁶⁷⁸⁹])")

_NUMBER = rf"[0-9](?:[.,'{JOINT}]?+[0-9]|\ [0-9]{{3}}(?![0-9]))*+"
_RAISED_CENTS = rf"(?:{CENTS}(?P<{{}}>[0-9]{{{{2}}}})(?![0-9]))?"
_NOTHING_AFTER = rf"(?:\ ?[.,:]\ ?[{_DASHES}]{{1,2}}|:[{_DASHES}])?"
_AMOUNT = re.compile(
    rf"""
    (?!(?<=[^\W\d_])[^\W\d_])
    (?:
        (?P<before>{SIGN})\ ?
        (?P<after_sign>{_NUMBER}){_RAISED_CENTS.format("raised_after")}{_NOTHING_AFTER}
        (?:\ ?(?P<code>{CODE})(?!\ ?[0-9]))?
    |
        (?<![\w.,])
        (?P<alone>{_NUMBER}){_RAISED_CENTS.format("raised")}{_NOTHING_AFTER}
        (?:\ ?(?P<after>{SIGN})(?:{CENTS}?(?P<cents>[0-9]{{2}})(?![0-9.,'%])|\ {CENTS}?(?P<apart>[0-9]{{2}})\ *$)?)?
    )
    (?![0-9%]|[a-z][0-9]|\ %)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_RANGE_BEFORE = re.compile(
    rf"[0-9][\W_]{{0,6}}(?:(?<![.,:])[{_DASHES}~]|à|bis|to|do|tot|till|al?|até|до)[\W_]{{0,3}}$", re.IGNORECASE
)
_DIGITS_BEFORE = re.compile(rf"[0-9][.,'{JOINT}{CENTS}]?$")
_DIGITS_AFTER = re.compile(rf"[ {JOINT}{CENTS}]?[0-9]{{1,2}}(?![0-9])")
_WORD_BEFORE = re.compile(r"([^\W\d_]+) ?$")
_PRICE_WORDS = {
    *("prix", "preis", "price", "precio", "prezzo", "prijs", "cena", "pris", "preço", "actuel", "now", "only", "nur"),
    *("jetzt", "seulement", "ahora", "ora", "nu", "à", "de", "für", "per", "por", "voor", "za", "ttc"),
}


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What a text says. With `refused`, nothing; with `doubt`, the most likely reading, which another must confirm."""

    minor: int | None = None
    currency: str | None = None
    or_minor: int | None = None
    """The other way to read it, where there is one."""
    doubt: str | None = None
    refused: str | None = None


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """An amount within a text, not yet read. `cents` stand apart from the number: `12€90`."""

    number: str
    cents: str
    signs: tuple[str, ...]
    is_marked: bool
    """Does it end as only prices do: `12,-`?"""
    start: int
    end: int


def read_price(text: str, style: NumberStyle, currency: str | None = None) -> Price:
    """The one price that a text states. `currency` is what is stated beside it, if anything."""
    text = tidied(text)
    if len(text) > MAX_TEXT:
        return Price(refused="is too long for a price")
    found = list(amounts(text))
    signed = [amount for amount in found if amount.signs]
    if not found:
        return Price(refused=f"{text[:60]!r} holds no amount")
    first = (signed or found)[0]
    problem = out_of_place(text, first)
    if problem:
        return Price(refused=f"{text[:60]!r} {problem}")
    ends = [0, *(amount.end for amount in found)]
    prices = [
        price_of(amount, style, currency, word_before(text[end : amount.start]))
        for end, amount in zip(ends, found, strict=False)
        if amount in (signed or found)
    ]
    if len({(price.minor, price.currency) for price in prices}) > 1:
        return Price(refused=f"{text[:60]!r} holds several amounts")
    return prices[0]


def tidied(text: str) -> str:
    """One kind of space, of quote and of digit. Raised digits are marked as cents."""
    text = text[: MAX_TEXT * 20].translate(_TO_PLAIN)
    text = _RAISED.sub(lambda match: CENTS + match[1].translate(_SUPERSCRIPTS), text)
    return " ".join(text.split())


def amounts(text: str) -> Iterator[Amount]:
    """Every amount of a tidied text, with the signs of currencies beside it."""
    for match in _AMOUNT.finditer(text):
        yield Amount(
            number=match["after_sign"] or match["alone"],
            cents=match["raised_after"] or match["raised"] or match["cents"] or match["apart"] or "",
            signs=tuple(sign for sign in (match["before"], match["code"], match["after"]) if sign)
            or _swedish(match[0]),
            is_marked=match[0].rstrip()[-1:] in _DASHES,
            start=match.start(),
            end=match.end(),
        )


def _swedish(matched: str) -> tuple[str, ...]:
    """`1 299:-` is in crowns."""
    return ("kr",) if matched.endswith((":-", ":–")) else ()


def out_of_place(text: str, amount: Amount, since: int = 0) -> str | None:
    """Why an amount is none by what stands right beside it. `since`: where an amount that is whole ends before it."""
    before = text[since : amount.start].rstrip()
    if _RANGE_BEFORE.search(text[max(0, amount.start - 20) : amount.start]):
        return RANGE
    stands_bare = text[amount.start : amount.start + 1].isdigit()
    is_apart = text[: amount.start].endswith(CELL)
    if (stands_bare and not is_apart and _DIGITS_BEFORE.search(before[-5:])) or (
        amount.number.isdigit() and not amount.cents and _DIGITS_AFTER.match(text, amount.end)
    ):
        return "has digits beside the amount that may belong to it"
    if before.endswith("+"):
        return ADDITION
    if before.endswith(tuple(_DASHES)) and (len(before) == 1 or text[amount.start - 1] in _DASHES):
        return NEGATIVE
    return None


def word_before(before: str) -> str:
    """The word that a text between two amounts ends with, where it ends with one."""
    match = _WORD_BEFORE.search(before[-30:])
    return match[1].casefold() if match else ""


def price_of(amount: Amount, style: NumberStyle, currency: str | None = None, word_before: str = "") -> Price:
    """The minor units of an amount. A word right before it makes `15 999` doubtful: it may end in a number."""
    codes = {code for sign in amount.signs if (code := settle(sign, style))}
    if len(codes) > 1:
        return Price(refused=f"{' and '.join(amount.signs)} stand beside the same amount")
    if amount.signs and not codes and currency is None:
        return Price(refused=f"bears {amount.signs[0]!r}, which several currencies do, and the page does not say which")
    foreign = next((sign for sign in amount.signs if currency and not may_mean(sign, currency)), None)
    if foreign:
        return Price(refused=f"bears {foreign!r} where {currency} is stated")
    code = currency or (codes.pop() if codes else style.stated)
    if code is None:
        return Price(refused=f"{amount.number!r} stands without a currency")
    price = read_number(amount.number, code, style.decimal, amount.cents)
    if " " in amount.number and word_before and word_before not in _PRICE_WORDS:
        doubt = f"{amount.number!r} stands after {word_before!r}, which may end in a number"
        return msgspec.structs.replace(price, doubt=doubt)
    return price


def read_number(number: str, currency: str, decimal: str | None, cents: str = "") -> Price:
    """The minor units of a number. `decimal` is the page's decimal separator, where it is known."""
    plain = number.replace(JOINT, "")
    halves = number.split(JOINT)
    if len(halves) == 2 and halves[0] == halves[1]:
        return read_number(halves[0], currency, decimal, cents)
    if len(halves) == 2 and len(halves[1]) == 2 and not cents and halves[0].isdigit():
        apart = _minor(Decimal(f"{halves[0]}.{halves[1]}"), currency)
        return Price(
            minor=apart,
            currency=currency,
            or_minor=_minor(Decimal(plain), currency),
            doubt=f"{halves[0]!r} and {halves[1]!r} stand apart: {plain} or {halves[0]}.{halves[1]}",
        )
    if cents:
        whole = _whole(plain)
        if whole is None or len(cents) > exponent(currency):
            return _unreadable(number, currency)
        return _exact(Decimal(f"{whole}.{cents}"), number, currency)
    return _read_plain(plain, currency, decimal)


def _read_plain(number: str, currency: str, decimal: str | None) -> Price:
    last = max(number.rfind("."), number.rfind(","))
    if last < 0:
        whole = _whole(number)
        return _unreadable(number, currency) if whole is None else _exact(Decimal(whole), number, currency)
    sign, fraction = number[last], number[last + 1 :]
    grouped = _whole(number)
    if grouped is not None and _may_be_thousands(number, last, fraction):
        return _thousands_or_decimals(
            number, grouped, currency, is_decimal_sign=sign == decimal, is_known=bool(decimal)
        )
    if grouped is not None and number.count(sign) > 1:
        return _exact(Decimal(grouped), number, currency)
    whole = _whole(number[:last])
    if whole is None or sign in number[:last]:
        return _unreadable(number, currency)
    parsed = ParsedNumber.fromstring(f"{whole}{sign}{fraction}", decimal_separator=sign).amount
    return _unreadable(number, currency) if parsed is None else _exact(parsed, number, currency)


def _may_be_thousands(number: str, last: int, fraction: str) -> bool:
    """One separator, three digits after it, one to three before it, not just a nought."""
    return len(fraction) == 3 and number[:last].isdigit() and last <= 3 and not number.startswith("0")


def _thousands_or_decimals(number: str, grouped: str, currency: str, *, is_decimal_sign: bool, is_known: bool) -> Price:
    thousands = _minor(Decimal(grouped), currency)
    decimals = _minor(Decimal(number.replace(",", ".")), currency)
    has_three = exponent(currency) == 3
    if has_three and is_decimal_sign:
        return Price(minor=decimals, currency=currency)
    if is_decimal_sign or (has_three and not is_known):
        doubt = f"{number!r} can be read as {grouped} and as {number.replace(',', '.')}"
        return Price(minor=thousands, currency=currency, or_minor=decimals, doubt=doubt)
    return Price(minor=thousands, currency=currency)


def _whole(number: str) -> str | None:
    """The digits of a whole number that is grouped as some locale does; none where they are not."""
    if number.isdigit():
        return number
    signs = set(re.sub("[0-9]", "", number))
    if len(signs) != 1:
        return None
    sign = signs.pop()
    head, *middle, tail = number.split(sign)
    by_thousands = 1 <= len(head) <= 3 and len(tail) == 3 and all(len(part) == 3 for part in middle)
    by_lakh = sign == "," and 1 <= len(head) <= 2 and len(tail) == 3 and all(len(part) == 2 for part in middle)
    return head + "".join(middle) + tail if by_thousands or by_lakh else None


def _exact(value: Decimal, number: str, currency: str) -> Price:
    minor = _minor(value, currency)
    if minor is None:
        return _unreadable(number, currency)
    return Price(minor=minor, currency=currency)


def _minor(value: Decimal, currency: str) -> int | None:
    """Minor units, where the amount has no more decimals than its currency, but for noughts."""
    if value < 0 or value.adjusted() > 15:
        return None
    scaled = value.scaleb(exponent(currency))
    if len(value.as_tuple().digits) >= NOISY and abs(scaled - round(scaled)) < NOISE:
        scaled = Decimal(round(scaled))
    return int(scaled) if scaled == scaled.to_integral_value() and scaled <= MAX_MINOR else None


def _unreadable(number: str, currency: str) -> Price:
    return Price(refused=f"{number!r} is not an amount of {currency} as any locale writes it")
