"""Events for tests, made the way a sender's are: parsed from a CloudEvent."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.common.events import Event, parse
from services.kpi_stream.declared import Declared
from services.kpi_stream.pairs_file import load_pairs

PARIS = ZoneInfo("Europe/Paris")
PAIRS_FILE = Path(__file__).with_name("pairs.yml")
PAIRS = load_pairs(PAIRS_FILE)
"""The products that go together in tests."""
DECLARED = Declared(PARIS, pairs=PAIRS)
RECEIVED = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
NOW = datetime.now(PARIS).replace(microsecond=0) - timedelta(seconds=30)
"""When what happens lately happens, by the clock on the wall: days before it keep the hour, and so the order of days,
though clocks were changed in between.
"""
_ids = count(1)


def cloud_event(event_type: str, subject: str | None, time: datetime | str, **data: Any) -> dict[str, Any]:
    """A structured CloudEvent; `from_` stands for the field `from`."""
    fields = {("from" if name == "from_" else name): value for name, value in data.items()}
    stamp = time if isinstance(time, str) else time.isoformat()
    event = {"specversion": "1.0", "id": f"e{next(_ids)}", "source": "/test", "type": event_type, "time": stamp}
    if subject is not None:
        event["subject"] = subject
    return {**event, "data": fields}


def event(
    event_type: str, subject: str | None, time: datetime | str, *, event_id: str | None = None, **data: Any
) -> Event:
    """An event as the gateway publishes it."""
    sent = cloud_event(event_type, subject, time, **data)
    if event_id is not None:
        sent["id"] = event_id
    return parse(json.dumps(sent).encode(), receivedat=RECEIVED, zone=PARIS)


def at(text: str, zone: ZoneInfo = PARIS) -> datetime:
    """An instant by the clock on the wall: `at("2026-11-23 09:30")`."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def line(
    gross: int,
    *,
    sku: str = "sku",
    quantity: int = 1,
    discount: int = 0,
    rep: str | None = None,
    offer: str | None = None,
) -> dict[str, Any]:
    """An order line."""
    sold = {"sku": sku, "quantity": quantity, "gross_minor": gross, "discount_minor": discount, "rep_id": rep}
    return sold if offer is None else {**sold, "offer_id": offer}
