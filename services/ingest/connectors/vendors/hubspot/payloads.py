"""What HubSpot sends and answers, as far as it is used."""

from datetime import datetime

import msgspec

from services.common.errors import Invalid
from services.common.events.fields import Moment
from services.ingest.connectors.reading.payloads import from_milliseconds, milliseconds, text_of
from services.ingest.connectors.vendors.hubspot.account import Kind

OBJECT_TYPES: dict[str, Kind] = {"0-1": "contact", "0-3": "deal", "0-47": "meeting", "0-48": "call", "0-49": "email"}
NAMED: dict[str, Kind] = {kind: kind for kind in OBJECT_TYPES.values()}
"""Kinds that older subscriptions name themselves, as in `deal.creation`."""
Value = str | int | float | bool | None
MEND = "HubSpot documents it otherwise"


class Event(msgspec.Struct, rename="camel"):
    """A thing that happened, as a subscription tells it; or an object as a workflow sends it, without a type."""

    subscription_type: str = ""
    object_type_id: str | None = None
    object_id: str | int | None = None
    vid: int | None = None
    occurred_at: int | None = None
    property_name: str | None = None
    property_value: Value = None
    primary_object_id: str | int | None = None
    merged_object_ids: list[str | int] | None = None
    new_object_id: str | int | None = None
    from_object_type_id: str | None = None
    from_object_id: str | int | None = None

    @property
    def what(self) -> str:
        """What happened, whatever it happened to."""
        return self.subscription_type.partition(".")[2]

    @property
    def kind(self) -> Kind | None:
        """What it happened to; none that we look at."""
        named = NAMED.get(self.subscription_type.partition(".")[0])
        return named or OBJECT_TYPES.get(self.object_type_id or self.from_object_type_id or "")

    @property
    def id(self) -> str:
        return told(self.object_id, "objectId")

    @property
    def at(self) -> datetime:
        if self.occurred_at is None:
            raise Invalid("is missing", field="occurredAt", mend=MEND)
        return from_milliseconds(self.occurred_at, "occurredAt")

    @property
    def value(self) -> str:
        """What a property is now; empty when it was cleared."""
        return _written(self.property_value)


class Events(msgspec.Struct):
    events: list[Event]


class Version(msgspec.Struct):
    """What a property was from a time on."""

    timestamp: Moment
    value: Value = None


class Associated(msgspec.Struct, rename="camel"):
    to_object_id: str | int


class Named(msgspec.Struct):
    id: str | int


class Associations(msgspec.Struct):
    """What one object is associated with."""

    from_: Named = msgspec.field(name="from")
    to: list[Associated] = []


class AssociationsPage(msgspec.Struct):
    results: list[Associations] = []


class Object(msgspec.Struct, rename="camel"):
    """An object with what its properties are and were."""

    id: str
    created_at: Moment
    updated_at: Moment
    properties: dict[str, Value] = {}
    properties_with_history: dict[str, list[Version]] = {}

    def text(self, name: str) -> str:
        """What a property is; empty when nothing is known of it."""
        return _written(self.properties.get(name))

    def history(self, name: str) -> list[tuple[int, str]]:
        """What a property was since when (milliseconds), the oldest first. HubSpot lists the newest first."""
        versions = reversed(self.properties_with_history.get(name, []))
        history = [(milliseconds(version.timestamp), _written(version.value)) for version in versions]
        return sorted(history, key=lambda since: since[0])


class ObjectsPage(msgspec.Struct):
    results: list[msgspec.Raw] = []


class FoundPage(msgspec.Struct):
    results: list[Named] = []


def _written(value: Value) -> str:
    """A value as HubSpot writes it in text; empty where there is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return text_of(value) or ""


def told(identifier: str | int | None, field: str) -> str:
    """An id as text.

    :raises Invalid: naming the field, when there is none.
    """
    if identifier in (None, ""):
        raise Invalid("is missing", field=field, mend=MEND)
    return str(identifier)
