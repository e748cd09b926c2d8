"""Events of which a customer is taken out, so that they tell the same of nobody."""

from collections.abc import Set
from typing import Any

import msgspec

from services.common.events.event import Event, digest_of
from services.common.events.fields import Data
from services.common.events.registry import EVENT_TYPES

CUSTOMER = "customer_id"
"""The one name that a customer's id has in the contract: that of a field, or of what a type's subject is."""


def without(event: Event, customers: Set[str]) -> Event | None:
    """The event without these customers; the same object where it names none, nothing where it is theirs alone."""
    if EVENT_TYPES[event.type].subject == CUSTOMER and event.subject in customers:
        return None
    data = _freed(event.data, customers)
    return event if data is event.data else msgspec.structs.replace(event, data=data, digest=digest_of(data))


def _freed(data: Data, customers: Set[str]) -> Data:
    changes: dict[str, Any] = {}
    for field in data.__struct_fields__:
        value = getattr(data, field)
        if field == CUSTOMER and value in customers:
            changes[field] = None
        elif isinstance(value, tuple) and value and isinstance(value[0], Data):
            freed = tuple(_freed(item, customers) for item in value)
            if any(new is not old for new, old in zip(freed, value, strict=True)):
                changes[field] = freed
    return msgspec.structs.replace(data, **changes) if changes else data
