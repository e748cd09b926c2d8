"""From a body to what it states, by a mapping. Pure, and exact: money is never a float.

No error repeats what the body holds: a mapping may have led to a person's name.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from services.common.errors import Invalid
from services.common.events import EVENT_TYPES
from services.common.events.explain import explain
from services.common.events.fields import Data
from services.ingest.connectors.connector import Said
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import milliseconds
from services.ingest.connectors.vendors.generic import values
from services.ingest.connectors.vendors.generic.expressions import Expression
from services.ingest.connectors.vendors.generic.words import CUSTOMER, EMAIL, LINES, MONEY, Rule, Rules, Source

REP = "rep_id"
MOST = 1000
"""Events of one body."""


def said_by(rules: Rules, body: Any, names: Names) -> list[Said]:
    """What a body states.

    :raises Invalid: naming the word of the mapping that cannot be followed.
    """
    said: list[Said] = []
    for i, rule in enumerate(rules.events):
        if rule.when is not None and not rule.when.holds(body):
            continue
        items = _listed(rule.each, body)
        if len(said) + len(items) > MOST:
            raise Invalid("is of too many things", field=f"events[{i}].each", mend=f"send at most {MOST} in one body")
        said += [_at(f"events[{i}]", _Making(rules, body, names, item).said, rule) for item in items]
    return said


class _Making:
    """Of one item of a body."""

    def __init__(self, rules: Rules, body: Any, names: Names, item: Any) -> None:
        self._rules = rules
        self._body = body
        self._names = names
        self._item = item

    def said(self, rule: Rule) -> Said:
        model = EVENT_TYPES[rule.type].data
        time = _at("time", self._moment, rule.time)
        data = self._data(rule, model)
        subject = _at("subject", self._subject, rule, data.pop(EMAIL, None))
        return Said(rule.type, subject, time, _at("data", _converted, data, model))

    def _data(self, rule: Rule, model: type[Data]) -> dict[str, Any]:
        data = self._fields("data", rule.data, self._item, model, None)
        if rule.lines is not None:
            items = _at("each_line", _listed, rule.each_line, self._item)
            line, currency = LINES[rule.type], data.get("currency")
            data["lines"] = [
                self._fields(f"lines of item {i}", rule.lines, item, line, currency) for i, item in enumerate(items)
            ]
            if rule.type == "order.returned" and "amount_minor" not in data:
                data["amount_minor"] = sum(line.get("amount_minor", 0) for line in data["lines"])
        if rule.revision is not None:
            data["revision"] = _at("revision", self._revision, rule.revision)
        if CUSTOMER in rule.data:
            data[CUSTOMER] = self._names.customer(data.get(CUSTOMER), data.get(EMAIL))
        return data

    def _fields(
        self, place: str, sources: Mapping[str, Source], item: Any, model: type[Data], currency: str | None
    ) -> dict[str, Any]:
        """Fields of the event or of a line, those left out of which nothing stands there."""
        found: dict[str, Any] = {}
        if "currency" in sources:
            currency = _at(f"{place}.currency", self._currency, sources["currency"], item)
        for name, source in sources.items():
            found[name] = _at(
                f"{place}.{name}", self._field, name, source, item, _kinds(model).get(name, str), currency
            )
        return {name: value for name, value in found.items() if value is not None}

    def _field(self, name: str, source: Source, item: Any, kind: type, currency: str | None) -> Any:
        found = self._found(source, item)
        if found is None:
            return None
        if name == "currency":
            return currency
        if name == REP:
            return self._names.rep(values.text(found))
        if name.endswith(MONEY):
            return values.amount(found, currency, is_minor=self._rules.is_minor, negate=source.negate)
        if kind is int:
            number = values.whole(found)
            return -number if source.negate else number
        return [values.text(one) for one in found] if isinstance(found, list) else values.text(found)

    def _currency(self, source: Source, item: Any) -> str | None:
        found = self._found(source, item)
        return None if found is None else values.currency(found)

    def _subject(self, rule: Rule, email: str | None) -> str:
        found = self._found(rule.subject, self._item)
        subject = None if found is None else values.text(found)
        if rule.type.startswith("customer."):
            subject = self._names.customer(subject, email)
        if subject is None:
            raise Invalid(
                "is empty", mend="an event needs a subject: map what names it, or leave the item out by `each`"
            )
        return subject

    def _moment(self, source: Source) -> Any:
        found = self._found(source, self._item)
        if found is None:
            raise Invalid("is empty", mend="an event needs a time: map one that does not change")
        return values.moment(found, source.format, self._rules.zone)

    def _revision(self, source: Source) -> int:
        """The milliseconds of the update; a number without a format counts versions, and stays as it is."""
        found = self._found(source, self._item)
        if found is None:
            return 0
        if source.format is None and values.is_number(found):
            return values.whole(found)
        return milliseconds(values.moment(found, source.format, self._rules.zone))

    def _found(self, source: Source, item: Any) -> Any:
        """What stands in a place, as it is to be read; nothing of an empty text."""
        if source.place is None:
            return source.value
        found = source.place.of(self._body if source.is_root else item)
        if source.pattern is not None and found not in (None, ""):
            found = values.kept(values.text(found), source.pattern)
        if source.translate is not None and found is not None:
            found = values.translated(found, source.translate)
        return None if found == "" else found


def _listed(expression: Expression | None, value: Any) -> Sequence[Any]:
    """The items that an expression leads to; a single thing is a list of it."""
    found = value if expression is None else expression.of(value)
    if found is None:
        return ()
    return found if isinstance(found, list) else (found,)


def _at(place: str, make: Any, *given: Any) -> Any:
    """What is made, its fault told with the place in the mapping."""
    try:
        return make(*given)
    except Invalid as error:
        field = f"{place}.{error.field}" if error.field else place
        raise Invalid(error.message, field=field, mend=error.mend) from None


def _converted(data: Mapping[str, Any], model: type[Data]) -> Data:
    try:
        return msgspec.convert(data, model, strict=False)
    except msgspec.ValidationError as error:
        told = explain(error, model, "")
        raise Invalid(told.message.partition(" '")[0], field=told.field, mend=told.mend) from None


@cache
def _kinds(model: type[Data]) -> Mapping[str, type]:
    """Which fields are whole numbers; all others are read as texts."""
    fields = inspect.type_info(model).fields  # type: ignore[attr-defined]
    return {field.encode_name: int if _is_whole(field.type) else str for field in fields}


def _is_whole(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.Metadata):
        return _is_whole(kind.type)
    if isinstance(kind, inspect.UnionType):
        return any(_is_whole(part) for part in kind.types)
    return isinstance(kind, inspect.IntType)
