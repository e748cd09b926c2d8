"""From the text of a cell to a value, exactly: Decimal for money, and a reason when it cannot be read."""

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from services.common.errors import Invalid
from services.common.money import exponent, round_half_even
from services.ingest.importer.mapping import CsvFormat, Field, Time

Row = dict[str, str]
LARGEST = Decimal(10) ** 15
"""Far beyond what the contract takes, and well within what Decimal works out exactly."""


def number(text: str, column: str, csv: CsvFormat) -> Decimal:
    """A number as the file writes it: `1,234.50`, or with a decimal comma `1.234,50`; spaces group thousands too.

    :raises Invalid: naming the column.
    """
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


class Reader:
    """Reads the values of one mapping; counts the amounts that had to be rounded to the currency's minor unit."""

    def __init__(self, csv: CsvFormat, zone: ZoneInfo) -> None:
        self._csv = csv
        self._zone = zone
        self.rounded = 0

    def text(self, field: Field, row: Row) -> Any:
        """A text, or what it is translated to; none for an empty cell.

        :raises Invalid: when a translation or pattern does not know the text.
        """
        if field.column is None:
            return field.value
        text = row[field.column].strip()
        if field.translate is not None:
            if text not in field.translate:
                raise Invalid(f"{text!r} has no translation", field=field.column, mend="add it to `translate`")
            return field.translate[text]
        if field.pattern is not None and text:
            match = re.search(field.pattern, text)
            if match is None:
                raise Invalid(f"{text!r} does not match {field.pattern!r}", field=field.column, mend="mend the pattern")
            text = match[1] if match.groups() else match[0]
        return text or None

    def integer(self, field: Field, row: Row) -> int | None:
        """A whole number.

        :raises Invalid: when it is none.
        """
        found = self._number(field, row)
        if found is not None and found != found.to_integral_value():
            raise Invalid(
                f"{found} is no whole number", field=field.column or "value", mend="mend the line in the file"
            )
        return None if found is None else int(found)

    def amount(self, field: Field, row: Row, currency: str) -> int | None:
        """Money, in minor units of its currency; a fraction of one is rounded half-even, and counted."""
        found = self._number(field, row)
        if found is None:
            return None
        minor = found.scaleb(exponent(currency))
        self.rounded += minor != minor.to_integral_value()
        return round_half_even(minor)

    def time(self, time: Time, row: Row) -> datetime:
        """An instant; one without an offset is read in the mapping's time zone.

        :raises Invalid: when it cannot be read.
        """
        text = row[time.column].strip()
        if not text:
            raise Invalid(
                "is empty: an event needs a time", field=time.column, mend="fill it in, or leave the line out"
            )
        try:
            found = datetime.strptime(text, time.format) if time.format else datetime.fromisoformat(text)  # noqa: DTZ007
        except ValueError:
            how = time.format or "ISO 8601"
            raise Invalid(
                f"{text!r} is not written as {how}", field=time.column, mend="mend the file or `format`"
            ) from None
        try:
            return (found if found.tzinfo else found.replace(tzinfo=self._zone)).astimezone(UTC)
        except OverflowError:
            raise Invalid(f"{text!r} is no date", field=time.column, mend="fill in when it happened") from None

    def _number(self, field: Field, row: Row) -> Decimal | None:
        if field.column is None:
            return None if field.value is None else number(str(field.value), "value", CsvFormat())
        text = row[field.column].strip()
        if not text:
            return None
        found = number(text, field.column, self._csv)
        if field.times is not None:
            found *= number(row[field.times], field.times, self._csv)
            if abs(found) > LARGEST:
                raise Invalid(f"{text} times {row[field.times]} is too large", field=field.column, mend="mend the line")
        return -found if field.negate else found
