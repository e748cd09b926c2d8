"""Values as people type them: read as they stand, or refused. Pure.

Babel's own strict reading takes `1.400` for 1.4 in French, and `NaN` for a number: so the grammar is here, and only the
signs of a language are Babel's. What is taken means the same in every language, or the others refuse it: `1,400` is a
thousand and more in English, and in French, where it could be meant so too, nothing.
"""

import re
from decimal import Decimal
from enum import StrEnum
from functools import cache

from babel.numbers import format_decimal, get_currency_symbol, get_decimal_symbol, get_group_symbol

from services.common.money import exponent, known_currency, to_major

MOST_DIGITS = 15
"""A float gives back as many exactly; no target needs more."""
MOST_TYPED = 100
"""Characters, blanks and signs included."""
RANGES = {
    "ratio": (Decimal(0), Decimal(1)),
    "points": (Decimal(-100), Decimal(100)),
    "score": (Decimal(0), Decimal(10)),
    "index": (Decimal(1), Decimal(10_000)),
}
ABOVE_NOTHING = (Decimal("0.01"), Decimal("Infinity"))
"""Of counts and money."""
SPACES = "\u0020\u00a0\u2009\u202f"
MINUS = "\u2212"


class Fault(StrEnum):
    """Why a text is not taken for a value."""

    NUMBER = "number"
    """It is no number, as people of this language write one."""
    THOUSANDS = "thousands"
    """It may be thousands, or decimals."""
    SHARE = "share"
    """It may be a percentage, or a share of one."""
    DIGITS = "digits"
    """It has more decimals, or more digits, than there can be."""
    RANGE = "range"
    """Nothing of this unit can come to so much, or so little."""


class Unreadable(Exception):
    """A text that is not taken."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def read(text: str, unit: str, language: str) -> Decimal:
    """The value that a text says: `12,5 %` is 0.125, `1 234,50 €` is 1234.50.

    `unit`: a currency, or one of the read API's.

    :raises Unreadable: when it says none, or may say several.
    """
    if len(text) > MOST_TYPED:
        raise Unreadable(Fault.DIGITS)
    bare, has_sign = _without_unit(text.strip(SPACES).replace(MINUS, "-"), unit, language)
    value = _number(bare, language)
    digits, scale = len(value.as_tuple().digits), -min(0, int(value.as_tuple().exponent))
    if digits > MOST_DIGITS or (known_currency(unit) and scale > exponent(unit)):
        raise Unreadable(Fault.DIGITS)
    if unit != "ratio":
        return value
    if not has_sign and 0 < abs(value) <= 1:
        raise Unreadable(Fault.SHARE)
    return value.scaleb(-2)


def require_possible(value: Decimal, unit: str) -> Decimal:
    """A value that a KPI of this unit can come to: an aim of it.

    :raises Unreadable: when it cannot.
    """
    least, most = RANGES.get(unit, ABOVE_NOTHING)
    if not least <= value <= most:
        raise Unreadable(Fault.RANGE)
    return value


def written(value: Decimal, unit: str, language: str) -> str:
    """A value as it is typed, to its last digit: `read` gives it back. A currency is not named."""
    shown = (value * 100 if unit == "ratio" else value).normalize() + 0  # no -0
    decimals = -min(0, int(shown.as_tuple().exponent))
    if decimals and known_currency(unit):
        decimals = max(decimals, exponent(unit))
    if decimals == 3:
        decimals = 4  # three may be taken for thousands
    text = str(format_decimal(shown, format=f"#,##0.{'0' * decimals}", locale=language))
    percent = "\u202f%" if language == "fr" else "%"
    return text + percent if unit == "ratio" else text


def stated(value: Decimal, unit: str) -> int | float:
    """A value as an event states it: money in minor units."""
    if known_currency(unit):
        return int(value.scaleb(exponent(unit)))
    return int(value) if value == value.to_integral_value() else float(value)


def of_statement(value: float, unit: str) -> Decimal:
    """The value that an event states."""
    return to_major(int(value), unit) if known_currency(unit) else Decimal(str(value))


def _number(text: str, language: str) -> Decimal:
    match = _grammar(language).fullmatch(text)
    if match is None:
        raise Unreadable(Fault.NUMBER)
    whole, decimals = re.sub(r"\D", "", match["whole"]), match["decimals"] or ""
    if len(decimals) == 3 and len(match["whole"]) <= 3 and not whole.startswith("0"):
        raise Unreadable(Fault.THOUSANDS)
    return Decimal(f"{match['sign']}{whole}.{decimals}").normalize() + 0


@cache
def _grammar(language: str) -> re.Pattern[str]:
    """Digits in one piece, or in groups of three of which the first does not begin with a zero."""
    group = str(get_group_symbol(language))
    groups = f"[{SPACES}]" if group in SPACES else re.escape(group)
    decimal = re.escape(str(get_decimal_symbol(language)))
    whole = f"[1-9][0-9]{{0,2}}(?:{groups}[0-9]{{3}})+|[0-9]+"
    return re.compile(f"(?P<sign>-?)(?P<whole>{whole})(?:{decimal}(?P<decimals>[0-9]+))?")


def _without_unit(text: str, unit: str, language: str) -> tuple[str, bool]:
    """A text without the sign of its unit, and whether it bore it."""
    if unit == "ratio" and text.endswith("%"):
        return text.removesuffix("%").rstrip(SPACES), True
    if known_currency(unit):
        for sign in (str(get_currency_symbol(unit, language)), unit):
            if text.endswith(sign):
                return text.removesuffix(sign).rstrip(SPACES), True
            if text.startswith(sign):
                return text.removeprefix(sign).lstrip(SPACES), True
    return text, False
