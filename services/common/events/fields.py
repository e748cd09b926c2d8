"""The kinds of field that event data is made of, with their bounds.

Each carries a description and an example, which the reference page, the JSON Schemas and the mends in errors use.
"""

from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

LIMIT = 10**12
"""Amounts and quantities lie within +-10^12, so that no sum of a company's life leaves 64 bits."""

REVISION_MAX = 2**53 - 1

PLAIN = r"^[^\x00-\x1f\x7f]+$(?!\n)"
"""No control characters. Told by the schemas, and held against events by `plain.py`: a pattern that the decoder had to
match in every name would take most of its time."""

ID_LENGTH = 200
NAME_LENGTH = 100

Id = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=ID_LENGTH,
        description="A name that does not change.",
        examples=["A-1001"],
        extra_json_schema={"pattern": PLAIN},
    ),
]
Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=NAME_LENGTH,
        description="A name shared by all sources.",
        examples=["north"],
        extra_json_schema={"pattern": PLAIN},
    ),
]
Text = Annotated[str, Meta(max_length=500, description="A short free text. No personal data.", examples=["too dear"])]
Amount = Annotated[
    int, Meta(ge=-LIMIT, le=LIMIT, description="Money in minor units (cents): an integer.", examples=[129900])
]
Quantity = Annotated[int, Meta(ge=-LIMIT, le=LIMIT, description="A whole number of units.", examples=[2])]
Count = Annotated[int, Meta(ge=0, le=LIMIT, description="A whole number, not negative.", examples=[340])]
CurrencyCode = Annotated[
    str, Meta(min_length=3, max_length=3, pattern="^[A-Z]{3}$", description="An ISO 4217 code.", examples=["EUR"])
]
Revision = Annotated[
    int,
    Meta(
        ge=0,
        le=REVISION_MAX,
        description="Raised by the sender when it corrects what it said; the greatest wins.",
        examples=[1],
    ),
]
Moment = Annotated[
    datetime, Meta(tz=True, description="An instant, with its offset.", examples=["2026-11-23T09:00:00+01:00"])
]
Day = Annotated[date, Meta(description="A business day.", examples=["2026-11-23"])]
DayOrMoment = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$(?!\n)",
        description="A business day, or an instant with its offset.",
        examples=["2026-11-20", "2026-11-20T09:00:00+01:00"],
    ),
]

Hours = Annotated[
    str,
    Meta(
        pattern=r"^\d{2}:\d{2}-\d{2}:\d{2}$(?!\n)",
        description="Opening hours on the wall clock.",
        examples=["09:00-19:00"],
    ),
]


class Data(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Base of every event's data. An unknown field is refused: a misspelt `rep_id` must not become `unassigned`."""

    def problems(self, zone: ZoneInfo) -> "list[Problem]":
        """What the fields say together that cannot be; each is refused with its mend."""
        return []

    def subject(self, zone: ZoneInfo) -> str | None:
        """The subject, where the data itself names the entity; `None` where the sender gives it."""
        return None


class Statement(Data, frozen=True, kw_only=True):
    """Data that its sender may correct."""

    revision: Revision = 0


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong: where, what, and how to mend it."""

    field: str
    message: str
    mend: str


def amount_needs_currency(data: Any, amount: str = "amount_minor") -> list[Problem]:
    """An amount without its currency means nothing."""
    if getattr(data, amount) is not None and data.currency is None:
        return [Problem("currency", f"is missing beside {amount}", "send the ISO 4217 code of the amount, such as EUR")]
    return []
