"""From calls, e-mails and meetings to contacts of customers: those that we made, once they took place."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import get_args

from services.common.errors import Invalid
from services.common.events.customers import CustomerContacted
from services.ingest.connectors.connector import Said
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import from_milliseconds, milliseconds, utc
from services.ingest.connectors.vendors.hubspot.account import Activity, Kind
from services.ingest.connectors.vendors.hubspot.payloads import Object

ACTIVITIES: tuple[Kind, ...] = get_args(Activity)
PROPERTIES = (
    "hubspot_owner_id",
    "hs_timestamp",
    "hs_call_direction",
    "hs_email_direction",
    "hs_meeting_outcome",
)
OUTCOME = "hs_meeting_outcome"
THEIRS = frozenset({"INBOUND", "INCOMING_EMAIL"})
NOT_HELD = frozenset({"CANCELED", "NO_SHOW", "RESCHEDULED"})


def uncounted(item: Object) -> str:
    """Why it is no contact of ours; empty: it is one."""
    if {item.text("hs_call_direction"), item.text("hs_email_direction")} & THEIRS:
        return "the customer called or wrote"
    if item.text(OUTCOME) in NOT_HELD:
        return "the meeting was not held"
    if _took_place(item) > item.updated_at:
        return "it has not taken place yet"
    return ""


def contacted(item: Object, kind: Kind, customers: Iterable[str], names: Names) -> Iterator[Said]:
    """One contact for each customer who took part."""
    data = CustomerContacted(
        contact_id=f"{kind}/{item.id}",
        medium=kind,
        rep_id=names.rep(item.text("hubspot_owner_id")),
        revision=milliseconds(item.updated_at),
    )
    for customer in customers:
        yield Said("customer.contacted", customer, _took_place(item), data)


def _took_place(item: Object) -> datetime:
    """HubSpot writes the moment in either of two ways."""
    text = item.text("hs_timestamp")
    try:
        if text.isascii() and text.isdigit():
            return from_milliseconds(int(text[:20]), "hs_timestamp")
        return utc(datetime.fromisoformat(text))
    except (ValueError, Invalid):
        return item.created_at
