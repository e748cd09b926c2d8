"""Namespaces: ids of orders, leads, offers and contacts are made unique in the installation by putting the key's
namespace before them.

Customers, reps and skus are names shared by all sources and are left alone.
"""

from typing import Any

import msgspec

from services.common.errors import Invalid
from services.common.events.event import Event, digest_of
from services.common.events.fields import ID_LENGTH, Data
from services.common.events.registry import EVENT_TYPES

NAMED_BY_SOURCE = frozenset({"lead_id", "into_lead_id", "order_id", "offer_id", "contact_id"})


def in_namespace(event: Event, namespace: str) -> Event:
    """The event with the ids that its source gives in a namespace; an empty namespace changes nothing.

    :raises Invalid: when an id is too long for the namespace before it.
    """
    if not namespace:
        return event
    data = _renamed(event.data, namespace)
    owned = EVENT_TYPES[event.type].subject in NAMED_BY_SOURCE
    subject = _prefixed("subject", event.subject, namespace) if owned else event.subject
    return msgspec.structs.replace(event, subject=subject, data=data, digest=digest_of(data))


def _renamed(data: Data, namespace: str) -> Data:
    changes: dict[str, Any] = {}
    for field in data.__struct_fields__:
        value = getattr(data, field)
        if field in NAMED_BY_SOURCE and value is not None:
            changes[field] = _prefixed(f"data.{field}", value, namespace)
        elif isinstance(value, tuple) and value and isinstance(value[0], Data):
            changes[field] = tuple(_renamed(item, namespace) for item in value)
    return msgspec.structs.replace(data, **changes) if changes else data


def _prefixed(field: str, name: str, namespace: str) -> str:
    longest = ID_LENGTH - len(namespace) - 1
    if len(name) > longest:
        mend = f"send at most {longest} characters: the key's namespace {namespace!r} stands before it"
        raise Invalid(f"has {len(name)} characters", field=field, mend=mend)
    return f"{namespace}:{name}"
