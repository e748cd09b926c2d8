"""JSON Schemas of the event data, made from the Structs that validate it."""

from typing import Any

import msgspec

from services.common.errors import NotFound
from services.common.events.registry import EVENT_TYPES, EventType

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_path(event_type: EventType) -> str:
    return f"/schemas/{event_type.name}/{event_type.version}"


def data_schema(name: str, version: int) -> dict[str, Any]:
    """The schema of the data of an event type.

    :raises NotFound: when there is no such type or version.
    """
    event_type = EVENT_TYPES.get(name)
    if event_type is None or event_type.version != version:
        raise NotFound(f"no schema {name}/{version}", mend="GET /schemas lists those there are")
    schema = msgspec.json.schema(event_type.data)
    return {"$schema": DIALECT, "$id": schema_path(event_type), "title": event_type.name, **schema}


def all_schemas() -> list[dict[str, str]]:
    """Every event type with its topic, what its subject names, and where its schema is."""
    return [
        {"type": t.name, "subject": t.subject, "topic": t.topic.value, "schema": schema_path(t)}
        for t in EVENT_TYPES.values()
    ]
