"""From rows to events: rows are sorted to events, lines gathered into orders, ids made from the content.

What cannot be read is told by line with its reason, and nothing of it is sent: of an order with one bad line, none.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from services.common.errors import CadranError, Invalid
from services.common.events import parse
from services.common.events.orders import MAX_LINES
from services.ingest.importer.mapping import EventMapping, Field, Mapping
from services.ingest.importer.values import Reader, Row

OTHER_SKU = "other"
INTEGERS = frozenset({"quantity", "revision", "visits", "score"})

_canonical = msgspec.json.Encoder(order="sorted")


class Numbered(NamedTuple):
    """A row with its line number in the file (the header is line 1)."""

    line: int
    row: Row


class Built(NamedTuple):
    """An event, and the lines it was made from."""

    lines: tuple[int, ...]
    event: dict[str, Any]


class Rejected(NamedTuple):
    """A line that was not imported, and why."""

    line: int
    reason: str


class Builder:
    """Makes events by a mapping."""

    def __init__(self, mapping: Mapping, *, receivedat: datetime, zone: ZoneInfo, revision: int) -> None:
        self._mapping = mapping
        self._receivedat = receivedat
        self._zone = zone
        self._revision = revision
        self._reader = Reader(mapping.csv, mapping.zone)
        self.rejected: list[Rejected] = []
        self.combined = 0

    @property
    def rounded(self) -> int:
        """Amounts that were no whole number of minor units."""
        return self._reader.rounded

    def build(self, rows: Iterable[Numbered | Rejected]) -> Iterator[Built]:
        """All events of some rows, in the order of their time."""
        groups: dict[tuple[int, str], list[Numbered]] = {}
        for numbered in rows:
            if isinstance(numbered, Rejected):
                self.rejected.append(numbered)
            else:
                self._sort(numbered, groups)
        built = [event for (i, _), own in groups.items() if (event := self._event(self._mapping.events[i], own))]
        yield from sorted(built, key=lambda each: (each.event["time"], each.event["type"], each.event["subject"]))

    def _sort(self, numbered: Numbered, groups: dict[tuple[int, str], list[Numbered]]) -> None:
        """Put a row with the events that it is part of."""
        used = False
        for i, event in enumerate(self._mapping.events):
            if not _applies(event, numbered.row):
                continue
            used = True
            try:
                subject = self._subject(event, numbered.row)
            except Invalid as error:
                self.rejected.append(Rejected(numbered.line, str(error)))
                continue
            alone = "" if event.lines is not None else f" line {numbered.line}"
            groups.setdefault((i, f"{subject}{alone}"), []).append(numbered)
        if not used:
            self.rejected.append(Rejected(numbered.line, "no event of the mapping applies to this line"))

    def _subject(self, event: EventMapping, row: Row) -> str:
        subject = self._reader.text(event.subject, row)
        if subject is None:
            place = event.subject.column or "subject"
            raise Invalid("is empty: an event needs a subject", field=place, mend="fill it in, or leave the line out")
        return str(subject)

    def _event(self, event: EventMapping, rows: list[Numbered]) -> Built | None:
        """One event from its rows, checked against the contract; `None` when it had to be left out."""
        bad: list[Rejected] = []
        parts: list[tuple[datetime, dict[str, Any], dict[str, Any]]] = []
        for numbered in rows:
            try:
                parts.append(self._read(event, numbered.row))
            except CadranError as error:
                bad.append(Rejected(numbered.line, str(error)))
        if not bad:
            try:
                made = self._assemble(event, rows[0].row, parts)
                parse(msgspec.json.encode(made), receivedat=self._receivedat, zone=self._zone)
                return Built(tuple(numbered.line for numbered in rows), made)
            except CadranError as error:
                bad = [Rejected(numbered.line, str(error)) for numbered in rows]
        told = {rejected.line for rejected in bad}
        subject = self._subject(event, rows[0].row)
        left_out = f"left out with {event.type} {subject}, of which another line is wrong"
        self.rejected += bad
        self.rejected += [Rejected(numbered.line, left_out) for numbered in rows if numbered.line not in told]
        return None

    def _read(self, event: EventMapping, row: Row) -> tuple[datetime, dict[str, Any], dict[str, Any]]:
        """Of one row: the time, the event's own fields, and its line."""
        time = self._reader.time(event.time, row)
        data = self._fields(event.data, row, None)
        line = self._fields(event.lines or {}, row, data.get("currency"))
        return time, data, line

    def _fields(self, fields: dict[str, Field], row: Row, currency: str | None) -> dict[str, Any]:
        code = fields.get("currency")
        own = currency if code is None else self._reader.text(code, row)
        found = {name: self._value(name, field, row, own) for name, field in fields.items()}
        return {name: value for name, value in found.items() if value is not None}

    def _value(self, name: str, field: Field, row: Row, currency: str | None) -> Any:
        if name.endswith("_minor"):
            if currency is None:
                raise Invalid("needs a currency", field=name, mend="map `currency`, as a column or a constant")
            return self._reader.amount(field, row, currency)
        return self._reader.integer(field, row) if name in INTEGERS else self._reader.text(field, row)

    def _assemble(
        self, event: EventMapping, row: Row, parts: list[tuple[datetime, dict[str, Any], dict[str, Any]]]
    ) -> dict[str, Any]:
        data = _agreed([own for _, own, _ in parts])
        if event.lines is not None:
            data["lines"] = self._lines([line for _, _, line in parts])
            if event.type == "order.returned" and "amount_minor" not in data:
                data["amount_minor"] = sum(line["amount_minor"] for line in data["lines"])
        if self._revision:
            data["revision"] = self._revision
        made = {
            "specversion": "1.0",
            "source": self._mapping.source,
            "type": event.type,
            "subject": self._subject(event, row),
            "time": min(time for time, _, _ in parts).isoformat(),
            "data": data,
        }
        return {**made, "id": content_id(made)}

    def _lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Lines in an order of their own, so that a shuffled file makes the same event.

        The contract takes 1,000 lines: where there are more, the smallest are put together, to the cent, one line for
        each rep.
        """
        ordered = sorted(lines, key=_canonical.encode)
        if len(ordered) <= MAX_LINES:
            return ordered
        money = "gross_minor" if "gross_minor" in ordered[0] else "amount_minor"
        ordered.sort(key=lambda line: (-abs(line.get(money, 0)), _canonical.encode(line)))
        room = MAX_LINES - len({line.get("rep_id") for line in lines})
        kept, rest = ordered[:room], ordered[room:]
        self.combined += len(rest)
        return [*kept, *_put_together(rest)]


def _agreed(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """What the rows of one event say of it; one that says nothing of a field agrees with the others.

    :raises Invalid: when two say different things.
    """
    agreed: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            if agreed.setdefault(name, value) != value:
                what = f"the lines of one event say {agreed[name]!r} and {value!r}"
                raise Invalid(what, field=name, mend="mend the file, or map the field to the lines")
    return agreed


def _put_together(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One line for each rep, to the cent."""
    by_rep: dict[str | None, dict[str, Any]] = {}
    for line in lines:
        rep = line.get("rep_id")
        into = by_rep.setdefault(rep, {"sku": OTHER_SKU, **({"rep_id": rep} if rep is not None else {})})
        for name in ("quantity", "gross_minor", "discount_minor", "amount_minor"):
            if name in line:
                into[name] = into.get(name, 0) + line[name]
    return sorted(by_rep.values(), key=_canonical.encode)


def _applies(event: EventMapping, row: Row) -> bool:
    return all(re.search(expression, row[column]) for column, expression in event.when.items()) and not any(
        re.search(expression, row[column]) for column, expression in event.unless.items()
    )


def content_id(event: dict[str, Any]) -> str:
    """An id that is the same whenever the same content is imported."""
    return blake2b(_canonical.encode(event), digest_size=16).hexdigest()
