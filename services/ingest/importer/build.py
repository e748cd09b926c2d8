"""From the rows of one event to the event: read, put together, given an id made from its content, and held against the
contract.

What cannot be read is told by line with its reason, and nothing of it is sent: of an order with one bad line, none.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from services.common.errors import CadranError, Invalid
from services.common.events import parse
from services.common.order_lines import canonical, ordered, within_limit
from services.ingest.importer.lines import spread
from services.ingest.importer.mapping import EventMapping, Field, Mapping
from services.ingest.importer.values import Number, Row, Values, minor_units, whole

INTEGERS = frozenset({"quantity", "revision", "visits", "score"})

Data = dict[str, Any]


class Numbered(NamedTuple):
    """The cells of a row that the mapping names, in its order, and the row's line in the file (the header is 1)."""

    line: int
    row: Row


class Built(NamedTuple):
    """An event as structured JSON, and what is told of how it came about.

    `rounded` counts amounts that were no whole minor units, `combined` lines that had to be put together.
    """

    lines: tuple[int, ...]
    type: str
    currency: str | None
    body: msgspec.Raw
    rounded: int
    combined: int


class Rejected(NamedTuple):
    """A line that was not imported, and why."""

    line: int
    reason: str


class Amounts(NamedTuple):
    """Money of one row by field, and how many of them had to be rounded."""

    minor: dict[str, int]
    rounded: int


class Terms(NamedTuple):
    """What all events of an import are made under. `receivedat` is what may not lie in an event's past."""

    source: str
    receivedat: datetime
    zone: ZoneInfo
    revision: int


class Recipe:
    """How one kind of event is made from its rows."""

    def __init__(self, event: EventMapping, values: Values, terms: Terms) -> None:
        lines = event.lines or {}
        self._event = event
        self._terms = terms
        self._when = [(values.cell(column), re.compile(text).search) for column, text in event.when.items()]
        self._unless = [(values.cell(column), re.compile(text).search) for column, text in event.unless.items()]
        self._subject = values.text(event.subject)
        self._time = values.time(event.time)
        self._words = _words(event.data, values)
        self._money = _money(event.data, values)
        self._line_words = _words(lines, values)
        self._line_money = _money({name: field for name, field in lines.items() if not field.shared}, values)
        self._shared = [(name, values.number(_of_order(lines[name])), sign) for name, sign in _shares(lines)]

    @property
    def grouped(self) -> bool:
        """Are rows the lines of one event, wherever they stand?"""
        return self._event.lines is not None

    def applies(self, row: Row) -> bool:
        for at, search in self._when:
            if search(row[at]) is None:
                return False
        for at, search in self._unless:  # noqa: SIM110 - asked of every line: `any` takes three times as long
            if search(row[at]) is not None:
                return False
        return True

    def subject(self, row: Row) -> str:
        """The id of what the event is about.

        :raises Invalid: when the row has none.
        """
        found = self._subject(row)
        if found is None:
            place = self._event.subject.column or "subject"
            raise Invalid("is empty: an event needs a subject", field=place, mend="fill it in, or leave the line out")
        return str(found)

    def build(self, rows: Sequence[Numbered]) -> Built | list[Rejected]:
        """The event of these rows, or why there is none, line by line."""
        bad: dict[int, str] = {}
        said = _each(rows, bad, lambda row: (self._time(row), _read(self._words, row)))
        try:
            data = _agreed([words for _, words in said])
            currency = data.get("currency")
            own = _each(rows, bad, lambda row: _amounts(self._money, row, currency)) if self._money else []
            lines = _each(rows, bad, lambda row: self._line(row, currency)) if self.grouped else []
            if bad:
                return self._left_out(rows, bad)
            data |= _agreed([amounts.minor for amounts in own])
            lines_of_order, combined = self._lines(rows, [line for line, _ in lines], currency)
            body = self._assemble(rows[0].row, [time for time, _ in said if time is not None], data, lines_of_order)
        except CadranError as error:
            return [Rejected(numbered.line, str(error)) for numbered in rows]
        rounded = sum(amounts.rounded for amounts in own) + sum(rounded for _, rounded in lines)
        return Built(tuple([line for line, _ in rows]), self._event.type, currency, body, rounded, combined)

    def _line(self, row: Row, currency: str | None) -> tuple[Data, int]:
        amounts = _amounts(self._line_money, row, currency)
        return {**_read(self._line_words, row), **amounts.minor}, amounts.rounded

    def _lines(self, rows: Sequence[Numbered], lines: list[Data], currency: str | None) -> tuple[list[Data], int]:
        """The lines of the order, with their shares of what is said of the whole."""
        for name, amount, sign in self._shared:
            lines = ordered(lines)
            of_order = _agreed([_amounts([(name, amount)], row, currency).minor for _, row in rows])
            if name in of_order:
                spread(lines, name, sign * of_order[name])
        return within_limit(lines)

    def _assemble(self, row: Row, times: list[datetime], data: Data, lines: list[Data]) -> msgspec.Raw:
        """The event, held against the contract.

        :raises CadranError: when it breaks it.
        """
        if not times:
            place = self._event.time.column
            raise Invalid("is empty: an event needs a time", field=place, mend="fill it in, or leave the line out")
        if self.grouped:
            data["lines"] = lines
            if self._event.type == "order.returned" and "amount_minor" not in data:
                data["amount_minor"] = sum(line["amount_minor"] for line in lines)
        if self._terms.revision:
            data["revision"] = self._terms.revision
        made = {
            "specversion": "1.0",
            "source": self._terms.source,
            "type": self._event.type,
            "subject": self.subject(row),
            "time": min(times).isoformat(),
            "data": data,
        }
        body = _with_id(canonical.encode(made))
        parse(body, receivedat=self._terms.receivedat, zone=self._terms.zone)
        return msgspec.Raw(body)

    def _left_out(self, rows: Sequence[Numbered], bad: dict[int, str]) -> list[Rejected]:
        left_out = f"left out with {self._event.type} {self.subject(rows[0].row)}, of which another line is wrong"
        return [Rejected(line, bad.get(line, left_out)) for line, _ in rows]


def recipes(mapping: Mapping, *, receivedat: datetime, zone: ZoneInfo, revision: int) -> list[Recipe]:
    """How each kind of event of a mapping is made; `zone` is the business's."""
    values = Values(mapping.csv, mapping.zone, mapping.columns)
    terms = Terms(mapping.source, receivedat, zone, revision)
    return [Recipe(event, values, terms) for event in mapping.events]


def _each(rows: Sequence[Numbered], bad: dict[int, str], read: Callable[[Row], Any]) -> list[Any]:
    """What is read of each row; of one that cannot be read, the reason is kept."""
    found = []
    for line, row in rows:
        try:
            found.append(read(row))
        except CadranError as error:
            bad.setdefault(line, str(error))
    return found


def _is_money(name: str) -> bool:
    return name.endswith("_minor")


def _words(fields: dict[str, Field], values: Values) -> list[tuple[str, Callable[[Row], Any]]]:
    """What reads each field that is no money."""
    return [
        (name, _integer(field, values.number(field)) if name in INTEGERS else values.text(field))
        for name, field in fields.items()
        if not _is_money(name)
    ]


def _integer(field: Field, read: Number) -> Callable[[Row], int | None]:
    return lambda row: whole(read(row), field)


def _money(fields: dict[str, Field], values: Values) -> list[tuple[str, Number]]:
    return [(name, values.number(field)) for name, field in fields.items() if _is_money(name)]


def _shares(lines: dict[str, Field]) -> list[tuple[str, int]]:
    """Fields that take a share of an amount of the whole order, and whether it is added or taken off."""
    return [(name, 1 if field.shared else -1) for name, field in lines.items() if field.shared or field.less]


def _of_order(field: Field) -> Field:
    return Field(column=field.column if field.shared else field.less)


def _read(words: list[tuple[str, Callable[[Row], Any]]], row: Row) -> Data:
    return {name: value for name, read in words if (value := read(row)) is not None}


def _amounts(money: list[tuple[str, Number]], row: Row, currency: str | None) -> Amounts:
    """Amounts of a row, in minor units of the currency.

    :raises Invalid: when one cannot be read, or there is no currency to read it in.
    """
    found: dict[str, int] = {}
    rounded = 0
    for name, read in money:
        if currency is None:
            raise Invalid("needs a currency", field=name, mend="map `currency`, as a column or a constant")
        amount: Decimal | None = read(row)
        if amount is not None:
            found[name], was_rounded = minor_units(amount, currency)
            rounded += was_rounded
    return Amounts(found, rounded)


def _agreed(parts: Sequence[Data]) -> Data:
    """What the rows of one event say of it; one that says nothing of a field agrees with the others.

    :raises Invalid: when two say different things.
    """
    agreed: Data = {}
    for part in parts:
        for name, value in part.items():
            if agreed.setdefault(name, value) != value:
                raise _disagreement(parts)
    return agreed


def _disagreement(parts: Sequence[Data]) -> Invalid:
    """The same, in whatever order the rows come."""
    said: dict[str, set[str]] = {}
    for part in parts:
        for name, value in part.items():
            said.setdefault(name, set()).add(repr(value))
    name = min(name for name, values in said.items() if len(values) > 1)
    what = f"the lines of one event say {' and '.join(sorted(said[name]))}"
    return Invalid(what, field=name, mend="mend the file, or map the field to the lines")


def _with_id(content: bytes) -> bytes:
    """An event with an id that is the same whenever the same content is imported."""
    return b'%b,"id":"%b"}' % (content[:-1], blake2b(content, digest_size=16).hexdigest().encode())
