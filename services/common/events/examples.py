"""One example of every event type: in the OpenAPI document, in the reference page, and run through the tests."""

from copy import deepcopy
from typing import Any

_DATA: dict[str, tuple[str, dict[str, Any]]] = {
    "lead.created": ("L-7001", {"rep_id": "ana", "source": "web_form", "kind": "lead", "region": "north"}),
    "lead.assigned": ("L-7001", {"rep_id": "bruno"}),
    "lead.closed": ("L-7001", {"outcome": "won", "amount_minor": 129900, "currency": "EUR", "order_id": "A-1001"}),
    "lead.reopened": ("L-7001", {"reason": "called back"}),
    "lead.merged": ("L-7002", {"into_lead_id": "L-7001"}),
    "order.placed": (
        "A-1001",
        {
            "channel": "online",
            "currency": "EUR",
            "customer_id": "c-51",
            "lead_id": "L-7001",
            "region": "north",
            "promotion_ids": ["autumn"],
            "lines": [
                {"sku": "CHAIR", "quantity": 2, "gross_minor": 25980, "discount_minor": 2598},
                {"sku": "LAMP", "quantity": 1, "gross_minor": 8900, "rep_id": "ana", "offer_id": "O-301"},
            ],
            "tax_minor": 6456,
        },
    ),
    "order.returned": (
        "A-1001",
        {
            "return_id": "R-1",
            "currency": "EUR",
            "amount_minor": 8900,
            "lines": [{"sku": "LAMP", "quantity": 1, "amount_minor": 8900, "offer_id": "O-301"}],
            "reason": "broken",
        },
    ),
    "order.cancelled": ("A-1001", {"reason": "not paid"}),
    "visits.counted": (
        "store/s-lyon/2026-11-20",
        {
            "channel": "store",
            "store_id": "s-lyon",
            "from": "2026-11-20T10:00:00+01:00",
            "to": "2026-11-20T11:00:00+01:00",
            "visits": 42,
        },
    ),
    "customer.contacted": ("c-51", {"contact_id": "m-9", "medium": "email", "campaign_id": "autumn", "rep_id": "ana"}),
    "customer.assigned": ("c-51", {"campaign_id": "autumn", "group": "contact"}),
    "offer.made": (
        "O-301",
        {"kind": "cross_sell", "rep_id": "ana", "technique": "bundle", "offered_sku": "LAMP", "base_sku": "CHAIR"},
    ),
    "offer.answered": (
        "O-301",
        {"outcome": "accepted", "amount_delta_minor": 8900, "currency": "EUR", "order_id": "A-1001"},
    ),
    "survey.invited": ("i-88", {"survey": "nps", "touchpoint": "delivery", "delivered": True}),
    "nps.answered": ("i-88", {"score": 9, "touchpoint": "delivery", "channel": "online", "region": "north"}),
    "pulse.published": (
        "2026-10/north",
        {
            "round_id": "2026-10",
            "team_id": "north",
            "opened_on": "2026-10-26",
            "closed_on": "2026-10-31",
            "invited": 12,
            "answered": 10,
            "figures": [{"question": "overall", "n": 10, "mean": 7.5, "enps": 10.0}],
        },
    ),
    "product.watched": ("CHAIR", {"pairs": [{"pair_id": "CHAIR@rival", "competitor": "rival", "interval_s": 21600}]}),
    "price.observed": (
        "CHAIR",
        {
            "pair_id": "CHAIR@rival",
            "competitor": "rival",
            "verdict": "trusted",
            "price_minor": 12490,
            "currency": "EUR",
            "stock": "in_stock",
            "method": "json-ld",
        },
    ),
    "price.own": ("CHAIR", {"price_minor": 12990, "currency": "EUR"}),
    "target.set": (
        "new_leads/rep%3Aana/month/2026-11-01",
        {"measure": "new_leads", "period": "month", "starts_on": "2026-11-01", "value": 40, "rep_id": "ana"},
    ),
    "promotion.set": (
        "autumn",
        {"name": "Autumn days", "from": "2026-11-09", "to": "2026-11-15", "channels": ["online"]},
    ),
    "calendar.set": ("north/", {"region": "north", "weekly": {"mon": ["10:00-18:00"], "sat": ["09:00-19:00"]}}),
    "rep.set": ("ana", {"alias": "Ana", "team_id": "north"}),
    "rate.set": ("USD/2026-11-20", {"currency": "USD", "day": "2026-11-20", "rate": "0.9213"}),
}


def example(event_type: str) -> dict[str, Any]:
    """A structured CloudEvent of a type."""
    subject, data = _DATA[event_type]
    return {
        "specversion": "1.0",
        "id": f"example-{event_type}",
        "source": "/docs/example",
        "type": event_type,
        "subject": subject,
        "time": "2026-11-20T14:30:00+01:00",
        "datacontenttype": "application/json",
        "data": deepcopy(data),
    }
