"""The event contract: one Struct per type is the single source of validation, schemas and reference page."""

from services.common.events.envelope import parse
from services.common.events.event import Event, decode, encode
from services.common.events.registry import EVENT_TYPES, EventType

__all__ = ["EVENT_TYPES", "Event", "EventType", "decode", "encode", "parse"]
