"""From the text of a cell to a value, exactly: Decimal for money, and a reason when it cannot be read.

What a mapping says of a value is made into a function of a row once, before the first row is read.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from services.common.errors import Invalid
from services.common.money import LARGEST, exponent, round_half_even
from services.ingest.importer.mapping import CsvFormat, Field, Time

Row = Sequence[str]
"""The cells of the columns that the mapping names, in its order."""

T = TypeVar("T")
Text = Callable[[Row], Any]
Number = Callable[[Row], Decimal | None]

REMEMBERED_TIMES = 8192
"""Lines that stand together are often of the same moments, and a time takes longest to read."""

_PLAIN = re.compile(r"[-+]?[0-9]{1,14}(?:\.[0-9]{1,9})?", re.ASCII)


def number(text: str, column: str, csv: CsvFormat) -> Decimal:
    """A number as the file writes it: `1,234.50`, or with a decimal comma `1.234,50`; spaces group thousands too.

    :raises Invalid: naming the column.
    """
    if csv.decimal == "." and _PLAIN.fullmatch(text):
        return Decimal(text)
    thousands = "," if csv.decimal == "." else "."
    plain = re.sub(r"[\s'’]", "", text)
    whole, mark, decimals = plain.partition(csv.decimal)
    if thousands in whole and not re.fullmatch(rf"[-+]?\d{{1,3}}({re.escape(thousands)}\d{{3}})+", whole):
        raise Invalid(
            f"{text!r} is no number with decimal mark {csv.decimal!r}",
            field=column,
            mend="mend the file or `csv.decimal`",
        )
    written = whole.replace(thousands, "") + (f".{decimals}" if mark else "")
    try:
        found = Decimal("NaN" if "_" in written else written)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) > LARGEST:
        raise Invalid(f"{text!r} is no number", field=column, mend="mend the line in the file")
    return found


class Values:
    """Makes the functions that read values, of rows whose cells are those of `columns`."""

    def __init__(self, csv: CsvFormat, zone: ZoneInfo, columns: Sequence[str]) -> None:
        self._csv = csv
        self._zone = zone
        self._at = {name: i for i, name in enumerate(columns)}

    def cell(self, column: str) -> int:
        """Where the cell of a column stands in a row."""
        return self._at[column]

    def text(self, field: Field) -> Text:
        """Reads a text, or what it is translated to; none for an empty cell.

        The function raises `Invalid` when a translation or pattern does not know the text.
        """
        return _first(self._text(field), None if field.otherwise is None else self.text(field.otherwise))

    def _text(self, field: Field) -> Text:
        if field.column is None:
            return lambda _: field.value
        column, at = field.column, self._at[field.column]
        if field.translate is not None:
            return self._translated(field.translate, column, at)
        if field.pattern is not None:
            return self._matched(re.compile(field.pattern), column, at)
        return lambda row: row[at].strip() or None

    def number(self, field: Field) -> Number:
        """Reads a number; none for an empty cell.

        The function raises `Invalid` when it is none.
        """
        return _first(self._number(field), None if field.otherwise is None else self.number(field.otherwise))

    def _number(self, field: Field) -> Number:
        if field.column is None:
            constant = None if field.value is None else number(str(field.value), "value", CsvFormat())
            return lambda _: constant
        column, at, csv = field.column, self._at[field.column], self._csv
        times = None if field.times is None else self._at[field.times]
        sign = -1 if field.negate else 1

        def read(row: Row) -> Decimal | None:
            text = row[at].strip()
            if not text:
                return None
            found = number(text, column, csv)
            if times is not None:
                found *= number(row[times].strip(), str(field.times), csv)
                if abs(found) > LARGEST:
                    raise Invalid(f"{text} times {row[times]} is too large", field=column, mend="mend the line")
            return found * sign

        return read

    def time(self, time: Time) -> Callable[[Row], datetime | None]:
        """Reads an instant; one without an offset is in the mapping's time zone; none for an empty cell.

        The function raises `Invalid` when it cannot be read.
        """
        at = self._at[time.column]

        @lru_cache(REMEMBERED_TIMES)
        def instant(text: str) -> datetime | None:
            return _instant(text.strip(), time, self._zone)

        return lambda row: instant(row[at])

    @staticmethod
    def _translated(translate: dict[str, Any], column: str, at: int) -> Text:
        def read(row: Row) -> Any:
            text = row[at].strip()
            if text not in translate:
                raise Invalid(f"{text!r} has no translation", field=column, mend="add it to `translate`")
            return translate[text]

        return read

    @staticmethod
    def _matched(pattern: re.Pattern[str], column: str, at: int) -> Text:
        def read(row: Row) -> str | None:
            text = row[at].strip()
            if not text:
                return None
            match = pattern.search(text)
            if match is None:
                raise Invalid(f"{text!r} does not match {pattern.pattern!r}", field=column, mend="mend the pattern")
            return (match[1] if match.groups() else match[0]) or None

        return read


def _first(read: Callable[[Row], T], otherwise: Callable[[Row], T] | None) -> Callable[[Row], T]:
    """Reads what there is first."""
    if otherwise is None:
        return read

    def either(row: Row) -> T:
        found = read(row)
        return otherwise(row) if found is None else found

    return either


def whole(found: Decimal | None, field: Field) -> int | None:
    """A number that must be a whole one.

    :raises Invalid: when it is none.
    """
    if found is not None and found != found.to_integral_value():
        raise Invalid(f"{found} is no whole number", field=field.column or "value", mend="mend the line in the file")
    return None if found is None else int(found)


def minor_units(found: Decimal, currency: str) -> tuple[int, bool]:
    """An amount in minor units of its currency; a fraction of one is rounded half-even, and said so.

    :raises Invalid: when no currency bears this code.
    """
    minor = found.scaleb(exponent(currency))
    rounded = round_half_even(minor)
    return rounded, rounded != minor


def _instant(text: str, time: Time, zone: ZoneInfo) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.strptime(text, time.format) if time.format else datetime.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        how = time.format or "ISO 8601"
        raise Invalid(
            f"{text!r} is not written as {how}", field=time.column, mend="mend the file or `format`"
        ) from None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        raise Invalid(f"{text!r} is no date", field=time.column, mend="fill in when it happened") from None
