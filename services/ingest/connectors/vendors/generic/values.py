"""What stands in JSON, as the fields of events need it. No error repeats it: it may be what a person wrote."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from services.common.errors import Invalid
from services.common.money import LARGEST
from services.ingest.connectors.reading.payloads import from_milliseconds, minor

EPOCHS = {"epoch": 1000, "epoch_ms": 1}
"""Formats that count since 1970, and the milliseconds of their unit."""

LONGEST_MATCHED = 500
"""Characters that a regular expression is held against: a clumsy one takes very long over a long text."""

_NUMBER = re.compile(r"[-+]?\d{1,30}(\.\d{1,30})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


def text(found: Any) -> str:
    """A text, or a number or truth as one.

    :raises Invalid: when it is a list or an object.
    """
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, Decimal) and is_whole(found):
        return str(int(found))
    if isinstance(found, str | int | Decimal):
        return str(found).strip()
    raise Invalid("is no single value", mend="let the path lead to a text or a number")


def is_number(found: Any) -> bool:
    return isinstance(found, int | Decimal) and not isinstance(found, bool)


def is_whole(number: Decimal) -> bool:
    return number.is_finite() and abs(number) <= LARGEST and number == number.to_integral_value()


def whole(found: Any) -> int:
    """A whole number.

    :raises Invalid: when it is none.
    """
    number = _number(found)
    if not is_whole(number):
        raise Invalid("is no whole number", mend="let the path lead to one")
    return int(number)


def amount(found: Any, currency: str | None, *, is_minor: bool, negate: bool) -> int:
    """Money in minor units, exactly.

    :raises Invalid: when it is no amount, or finer than the currency's minor unit.
    """
    if currency is None:
        raise Invalid("needs a currency", mend="map `currency`, by a path or a value")
    number = -_number(found) if negate else _number(found)
    return whole(number) if is_minor else minor(number, currency, "")


def _number(found: Any) -> Decimal:
    if isinstance(found, str):
        found = Decimal(found.strip()) if _NUMBER.fullmatch(found.strip()) else None
    if not is_number(found) or abs(number := Decimal(found)) > LARGEST:
        raise Invalid("is no number", mend="let the path lead to one, such as 129.90")
    return number


def currency(found: Any) -> str:
    """A code of ISO 4217, in capitals.

    :raises Invalid: when it is none.
    """
    code = text(found).upper()
    if not _CURRENCY.fullmatch(code):
        raise Invalid("is no currency", mend="let the path lead to its ISO 4217 code, such as EUR")
    return code


def moment(found: Any, written: str | None, zone: ZoneInfo | None) -> datetime:
    """An instant in UTC, written in ISO 8601 or as a format says.

    :raises Invalid: when it cannot be read, or has no offset where the mapping names no time zone.
    """
    if written in EPOCHS:
        return from_milliseconds(int(_number(found) * EPOCHS[written]), "")
    try:
        at = datetime.strptime(text(found), written) if written else datetime.fromisoformat(text(found))  # noqa: DTZ007
        if at.tzinfo is None and zone is None:
            raise Invalid("has no offset", mend="say in `time_zone` where its clock hangs")
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        how = written or "ISO 8601"
        raise Invalid(f"is not written as {how}", mend="say in `format` how it is written") from None


def kept(found: str, pattern: re.Pattern[str]) -> str:
    """The first group of a regular expression, or all that it matches.

    :raises Invalid: when it does not match, or is longer than any name.
    """
    match = pattern.search(found) if len(found) <= LONGEST_MATCHED else None
    if match is None:
        raise Invalid(f"does not match {pattern.pattern!r}", mend="mend the pattern")
    return (match[1] if match.groups() else match[0]) or ""


def translated(found: Any, table: Mapping[str, str]) -> str:
    """What a table says for it.

    :raises Invalid: when it says nothing.
    """
    word = table.get(text(found))
    if word is None:
        raise Invalid("has no translation", mend="add it to `translate`: look up what was sent where it was sent from")
    return word
