"""What Pipedrive sends and answers, as far as it is used: webhooks of version 2.0, and its API."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from services.common.errors import Invalid
from services.ingest.connectors.reading.payloads import from_milliseconds, text_of, utc

Key = str | int
Owner = Key | None | msgspec.UnsetType
"""Whose a deal or lead is: none where it is nobody's, unset where nothing is told of it."""
NULL = msgspec.Raw(b"null")
FIRST_MILLISECONDS = 10**11
"""A number of this size is milliseconds since 1970: as seconds it would be the year 5138."""


class Meta(msgspec.Struct):
    """What a webhook is about. Version 1 says `object` where 2.0 says `entity`, and its version is a number or none."""

    action: str = ""
    entity: str = ""
    object: str = ""
    entity_id: Key | None = None
    timestamp: str | int | float | None = None
    merged_to_id: Key | None = None
    merged_from_id: Key | None = None


class Webhook(msgspec.Struct):
    """A webhook. `data` is none where the object was deleted; `previous` has the fields that changed."""

    meta: Meta = msgspec.field(default_factory=Meta)
    v: Key | None = None
    data: msgspec.Raw = NULL
    previous: msgspec.Raw = NULL


class Previous(msgspec.Struct):
    """What a deal or lead was before, where that changed; unset where it did not."""

    owner_id: Owner = msgspec.UNSET
    status: str | None = None
    is_deleted: bool = False


class Deal(msgspec.Struct):
    id: Key
    add_time: datetime
    update_time: datetime | None = None
    owner_id: Owner = msgspec.UNSET
    person_id: Key | None = None
    status: str = "open"
    value: Decimal | None = None
    currency: str | None = None
    won_time: datetime | None = None
    lost_time: datetime | None = None
    origin: str | None = None
    channel: Key | None = None
    is_deleted: bool = False
    custom_fields: dict[str, Any] | None = None


class Money(msgspec.Struct):
    amount: Decimal | None = None
    currency: str | None = None


class Lead(msgspec.Struct):
    id: Key
    add_time: datetime
    update_time: datetime | None = None
    owner_id: Owner = msgspec.UNSET
    person_id: Key | None = None
    value: Money | None = None
    source_name: str | None = None
    origin: str | None = None
    channel: Key | None = None
    custom_fields: dict[str, Any] | None = None


class Activity(msgspec.Struct):
    id: Key
    type: str | None = None
    done: bool = False
    owner_id: Key | None = None
    person_id: Key | None = None
    marked_as_done_time: str | None = None
    update_time: datetime | None = None


class Change(msgspec.Struct):
    """A line of a deal's changelog."""

    time: datetime
    field_key: str = ""
    old_value: Key | None = None
    new_value: Key | None = None


def instant(told: str | float | None, field: str) -> datetime | None:
    """An instant from any of the ways in which `meta.timestamp` was seen; none where it is missing.

    :raises Invalid: naming the field, when it is none of them.
    """
    if not told:
        return None
    if isinstance(told, str) and not told.isdigit():
        return utc(read_time(told, field))
    number = float(told)
    return from_milliseconds(int(number if number >= FIRST_MILLISECONDS else number * 1000), field)


def read_time(told: str, field: str) -> datetime:
    """A date and time.

    :raises Invalid: naming the field, when it is none.
    """
    try:
        return datetime.fromisoformat(told)
    except ValueError:
        raise Invalid(f"{told[:40]!r} is no time", field=field, mend="the vendor documents it otherwise") from None


def custom(fields: Mapping[str, Any] | None, key: str) -> str | None:
    """What a custom field holds: a text, a number, or the id of an option, however that is wrapped."""
    held = (fields or {}).get(key) if key else None
    if isinstance(held, Mapping):
        held = held.get("id", held.get("value", held.get("label")))
    return text_of(held)
