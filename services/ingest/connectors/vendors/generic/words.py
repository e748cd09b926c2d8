"""The words of a mapping of the generic connector, as they are written, and as they are worked out.

They are those of `cadran import`'s mappings where they mean the same. `docs/connectors/mapping.md` explains them.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from services.common.events import EVENT_TYPES
from services.common.events.fields import Data
from services.common.events.orders import OrderLine, ReturnLine
from services.ingest.connectors.vendors.generic.expressions import Expression

LINES: Mapping[str, type[Data]] = {"order.placed": OrderLine, "order.returned": ReturnLine}
"""Events that have lines, and what a line is."""
CUSTOMER, EMAIL, MONEY = "customer_id", "customer_email", "_minor"
"""An e-mail address is no field of any event: it may be mapped beside a customer's id, to make a pseudonym of."""
TYPES = tuple(each.name for each in EVENT_TYPES.values() if each.data.subject is Data.subject)
"""Events whose subject their sender gives."""


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the words of a mapping."""


class Field(Word, frozen=True):
    """Where a value comes from: `path`, a place in the item; `root`, a place in the whole body; or `value`, a constant.

    `translate` replaces values; `pattern` keeps the first group of a regular expression; `negate` turns the sign.
    """

    path: str | None = None
    root: str | None = None
    value: str | None = None
    translate: dict[str, str] | None = None
    pattern: str | None = None
    negate: Literal["true", "false"] = "false"


class Moment(Word, frozen=True):
    """When something happened, and how that is written (`strptime`, or `epoch`, `epoch_ms`); else ISO 8601."""

    path: str | None = None
    root: str | None = None
    format: str | None = None


class EventMapping(Word, frozen=True):
    """One kind of event: of which bodies (`when`), of which items in them (`each`), and where its parts come from."""

    type: str
    subject: Field | str
    time: Moment | str
    when: str | None = None
    each: str | None = None
    revision: Moment | str | None = None
    data: dict[str, Field | str] = {}
    each_line: str | None = None
    lines: dict[str, Field | str] | None = None


class MappingFile(Word, frozen=True):
    """A whole mapping file."""

    events: Annotated[list[EventMapping], Meta(min_length=1, description="The events, a list.")]
    topic: str | None = None
    money: Annotated[Literal["major", "minor"], Meta(description="The unit of amounts.")] = "major"
    time_zone: str | None = None


class Source(msgspec.Struct, frozen=True):
    """A `Field` or `Moment` that can be worked out."""

    place: Expression | None = None
    is_root: bool = False
    value: str | None = None
    translate: Mapping[str, str] | None = None
    pattern: re.Pattern[str] | None = None
    negate: bool = False
    format: str | None = None


class Rule(msgspec.Struct, frozen=True):
    """An `EventMapping` that can be worked out."""

    type: str
    subject: Source
    time: Source
    when: Expression | None
    each: Expression | None
    revision: Source | None
    data: Mapping[str, Source]
    each_line: Expression | None
    lines: Mapping[str, Source] | None


class Rules(msgspec.Struct, frozen=True):
    """A mapping that can be worked out."""

    events: tuple[Rule, ...] = ()
    topic: Expression | None = None
    is_minor: bool = False
    zone: ZoneInfo | None = None
