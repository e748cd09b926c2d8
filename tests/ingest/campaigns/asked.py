"""Asking a running gateway who is contacted, and looking at what Kafka was told of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from services.common.events import decode
from services.common.settings import Port
from services.common.topics import Topic
from tests.benchmarks.programs import running
from tests.support.kafka import records
from tests.support.stack import RunningStack, wait_for


def set_up(api: httpx.Client, campaign: str, share: float = 0.5) -> None:
    kept = api.put(f"/v1/campaigns/{campaign}", json={"share": share})
    assert kept.status_code in (200, 201), kept.text


def ask(api: httpx.Client, campaign: str, customer: str) -> httpx.Response:
    return api.get(f"/v1/campaigns/{campaign}/assignment", params={"customer": customer})


def all_drawn(api: httpx.Client, campaign: str) -> dict[str, str]:
    """The group of everybody who was drawn."""
    answer = api.get(f"/v1/campaigns/{campaign}/assignments", params={"limit": 1000}).json()
    assert answer["next"] == ""
    return {each["customer_id"]: each["group"] for each in answer["assignments"]}


def told(stack: RunningStack, campaign: str) -> dict[str, str]:
    """The group of everybody of whom Kafka was told, by one event each; what was sent again is the same event."""
    events: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for event in map(decode, records(stack.settings, Topic.CUSTOMERS)):
        if event.type == "customer.assigned" and event.data.campaign_id == campaign:
            known = events[event.subject].setdefault(event.id, event)
            assert known.fingerprint == event.fingerprint
    assert {len(by_id) for by_id in events.values()} <= {1}
    return {customer: event.data.group for customer, by_id in events.items() for event in by_id.values()}


def wait_told(stack: RunningStack, campaign: str, customers: Iterable[str]) -> None:
    expected = set(customers)
    wait_for(lambda: told(stack, campaign).keys() == expected, "Kafka has an event of everybody", patience=120)


@contextmanager
def another_gateway(stack: RunningStack, number: int = 0, database: str = "") -> Iterator[httpx.Client]:
    """One more gateway on the stack's servers, on the same database or another."""
    port = stack.settings.port(Port.INGEST) + 200 + number
    given = {"CADRAN_PORT_INGEST": str(port - stack.settings.port_offset), "CADRAN_INGEST_DATABASE": database}
    with (
        running(stack, "services.ingest.main", **given),
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {stack.key}"}, timeout=30
        ) as client,
    ):
        wait_for(lambda: client.get("/readyz").status_code == 200, "another gateway is ready")
        yield client
