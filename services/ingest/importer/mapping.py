"""Mapping files: which columns of a table become which events.

A mapping is YAML, read strictly: an unknown word is an error that names the nearest one. `docs/import.md` explains it
by two real examples.
"""

import difflib
import re
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec
import yaml
from msgspec import Meta

from services.common.errors import ConfigurationError
from services.common.events import EVENT_TYPES
from services.common.events.explain import explain
from services.common.events.orders import OrderLine, ReturnLine
from services.common.yaml_files import typed_content

GROUPED = {"order.placed": "lines", "order.returned": "lines"}
"""Event types whose table rows are the lines of one event."""


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of the words of a mapping."""


class Field(Word, frozen=True):
    """Where a value comes from: a column, or a constant.

    `translate` replaces values; `pattern` keeps the first group of a regular expression; `times` multiplies by another
    column; `negate` turns the sign; `or` says what is taken where the cell is empty. An amount of a whole order, told
    on any of its rows, comes to its lines in proportion to their own amounts: `shared` reads it so, `less` takes that
    of another column off.
    """

    column: str | None = None
    value: Any = None
    translate: dict[str, Any] | None = None
    pattern: str | None = None
    times: str | None = None
    negate: bool = False
    shared: bool = False
    less: str | None = None
    otherwise: "Field | None" = msgspec.field(default=None, name="or")

    @property
    def columns(self) -> set[str]:
        """Every column that it is read from."""
        own = {name for name in (self.column, self.times, self.less) if name}
        return own if self.otherwise is None else own | self.otherwise.columns

    @property
    def reckons(self) -> bool:
        """Is more done than taking what is there?"""
        return any((self.times, self.negate, self.translate, self.pattern, self.shared, self.less, self.otherwise))


class Time(Word, frozen=True):
    """When it happened: a column, and how it is written (`strptime`); without a format, ISO 8601."""

    column: str
    format: str | None = None


class EventMapping(Word, frozen=True):
    """One kind of event made from rows: which rows, and which columns its parts come from.

    `when` and `unless` give regular expressions by column. With `lines`, all rows of one subject make one event.
    """

    type: str
    subject: Field
    time: Time
    when: dict[str, str] = {}
    unless: dict[str, str] = {}
    data: dict[str, Field] = {}
    lines: dict[str, Field] | None = None


class CsvFormat(Word, frozen=True):
    """How the file is written."""

    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","
    encoding: str = "utf-8-sig"
    decimal: Annotated[str, Meta(pattern="^[.,]$", description="The decimal mark: . or ,")] = "."


class Mapping(Word, frozen=True):
    """A whole mapping file."""

    source: str
    time_zone: str
    events: Annotated[list[EventMapping], Meta(min_length=1)]
    csv: CsvFormat = CsvFormat()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the mapping names, in an order that their order in a file does not change."""
        names: set[str] = set()
        for event in self.events:
            fields = [event.subject, *event.data.values(), *(event.lines or {}).values()]
            names |= {name for field in fields for name in field.columns}
            names |= {event.time.column, *event.when, *event.unless}
        return tuple(sorted(names))


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    :raises ConfigurationError: naming the word that is wrong and the mend.
    """
    try:
        content = typed_content(path.read_text(encoding="utf-8"))
        mapping = msgspec.convert(content, Mapping)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not written in UTF-8", mend="save it in UTF-8") from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is no YAML: {error}") from None
    except msgspec.ValidationError as error:
        told = explain(error, Mapping, "")
        raise ConfigurationError(told.message, field=f"{path}: {told.field}", mend=told.mend) from None
    _check(mapping, str(path))
    return mapping


def _check(mapping: Mapping, name: str) -> None:
    if mapping.time_zone not in available_timezones():
        raise ConfigurationError(
            f"no time zone is called {mapping.time_zone!r}",
            field=f"{name}: time_zone",
            mend="an example is Europe/Paris",
        )
    for i, event in enumerate(mapping.events):
        place = f"{name}: events[{i}]"
        if event.type not in EVENT_TYPES:
            mend = f"use one of {', '.join(EVENT_TYPES)}"
            raise ConfigurationError(f"no event is called {event.type!r}", field=f"{place}.type", mend=mend)
        if event.lines is not None and event.type not in GROUPED:
            raise ConfigurationError(f"{event.type} has no lines", field=f"{place}.lines", mend="leave `lines` out")
        for expression in (*event.when.values(), *event.unless.values()):
            _compiled(expression, place)
        for field_name, field in {"subject": event.subject, **event.data, **(event.lines or {})}.items():
            _check_field(field, f"{place}.{field_name}")
        for field_name, field in {"subject": event.subject, **event.data}.items():
            if field.shared or field.less:
                mend = "leave `shared` and `less` out"
                raise ConfigurationError("has no lines to share over", field=f"{place}.{field_name}", mend=mend)
        _check_names(event, place)


def _check_names(event: EventMapping, place: str) -> None:
    """Fields that the event, or its lines, do not have are told before a file is read."""
    data = EVENT_TYPES[event.type].data
    known = {field.encode_name for field in msgspec.structs.fields(data)}
    for name in event.data:
        _require_known(name, known, f"{place}.data")
    if event.lines is not None:
        line = OrderLine if event.type == "order.placed" else ReturnLine
        for name in event.lines:
            _require_known(name, set(line.__struct_fields__), f"{place}.lines")


def _require_known(name: str, known: set[str], place: str) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        mend = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(sorted(known))}"
        raise ConfigurationError("is not a field of this event", field=f"{place}.{name}", mend=mend)


def _check_field(field: Field, place: str) -> None:
    if (field.column is None) == (field.value is None):
        raise ConfigurationError("needs a column or a value, and not both", field=place, mend="give one of them")
    if field.column is None and field.reckons:
        raise ConfigurationError(
            "only a column can be reckoned with", field=place, mend="write the value as it is meant"
        )
    if field.pattern is not None:
        _compiled(field.pattern, place)
    if field.otherwise is not None:
        _check_field(field.otherwise, f"{place}.or")


def _compiled(expression: str, place: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error as error:
        raise ConfigurationError(f"{expression!r} is no regular expression: {error}", field=place) from None
