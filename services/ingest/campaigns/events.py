"""What leaves as events: every draw, once."""

from hashlib import blake2b
from zoneinfo import ZoneInfo

from services.common.events import Event
from services.common.events.customers import CustomerAssigned
from services.common.events.stating import state
from services.ingest.campaigns.records import Assignment

SOURCE = "/campaigns"


def assigned(campaign_id: str, assignment: Assignment, zone: ZoneInfo) -> Event:
    """The event of a draw. Its id is a hash, as the two ids together may be longer than an event's."""
    customer = assignment.customer_id
    of = blake2b(f"{campaign_id}\0{customer}".encode(), digest_size=16).hexdigest()
    data = CustomerAssigned(campaign_id=campaign_id, group=assignment.group.value)
    at = assignment.assigned_at
    return state(SOURCE, "customer.assigned", customer, at, data, zone=zone, now=at, of=of)
