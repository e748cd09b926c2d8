"""The gateway over HTTP, with real Kafka and Redis."""

import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.common.events import EVENT_TYPES
from services.common.events.examples import example
from services.common.settings import Port
from tests.support.events import line
from tests.support.stack import RunningStack, wait_for


@pytest.fixture
def ingest(stack: RunningStack) -> Iterator[httpx.Client]:
    with stack.http(Port.INGEST) as client:
        yield client


def order(event_id: str, **changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    data = {"channel": "online", "currency": "EUR", "lines": [line(100)]}
    event = {"specversion": "1.0", "id": event_id, "source": "/t", "type": "order.placed", "subject": f"o-{event_id}"}
    return {**event, "time": now.isoformat(), "data": data, **changes}


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_example_is_accepted_once_and_known_the_second_time(ingest: httpx.Client, name: str) -> None:
    for status in ("accepted", "duplicate"):
        response = ingest.post("/v1/events", json=example(name))
        assert (response.status_code, response.json()["status"]) == (202, status)


def test_binary_mode_says_the_same_as_structured(ingest: httpx.Client) -> None:
    event = order("binary")
    headers = {f"ce-{name}": event[name] for name in ("specversion", "id", "source", "type", "subject", "time")}
    response = ingest.post("/v1/events", json=event["data"], headers=headers)
    assert response.json()["status"] == "accepted"
    structured = ingest.post(
        "/v1/events", content=json.dumps(event), headers={"Content-Type": "application/cloudevents+json"}
    )
    assert structured.json()["status"] == "duplicate"


def test_one_id_for_two_contents_is_a_conflict_that_says_what_to_do(ingest: httpx.Client) -> None:
    ingest.post("/v1/events", json=order("conflict"))
    response = ingest.post("/v1/events", json=order("conflict", subject="another"))
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"
    assert "greater `revision`" in response.json()["mend"]
    batch = ingest.post("/v1/events/batch", json=[order("conflict", subject="another"), order("fine")])
    assert [item["status"] for item in batch.json()["results"]] == ["rejected", "accepted"]
    assert batch.json()["results"][0]["error"]["code"] == "conflict"


@pytest.mark.parametrize("as_lines", [False, True])
def test_a_batch_is_answered_item_by_item(ingest: httpx.Client, as_lines: bool) -> None:
    tag = f"b{as_lines}"
    items = [order(f"{tag}1"), order(f"{tag}1"), {**order(f"{tag}2"), "type": "nonsense"}, order(f"{tag}3")]
    if as_lines:
        body, kind = "\n".join(json.dumps(item) for item in items) + "\n\n", "application/x-ndjson"
    else:
        body, kind = json.dumps(items), "application/cloudevents-batch+json"
    response = ingest.post("/v1/events/batch", content=body, headers={"Content-Type": kind})
    answer = response.json()
    assert response.status_code == 202
    assert [item["status"] for item in answer["results"]] == ["accepted", "duplicate", "rejected", "accepted"]
    assert (answer["accepted"], answer["duplicates"], answer["rejected"]) == (2, 1, 1)
    assert answer["results"][2]["error"]["field"] == "type"


def test_one_line_that_is_no_json_does_not_spoil_the_others(ingest: httpx.Client) -> None:
    body = b"\xff{not json\n" + json.dumps(order("spoil")).encode()
    answer = ingest.post("/v1/events/batch", content=body, headers={"Content-Type": "application/x-ndjson"}).json()
    assert [item["status"] for item in answer["results"]] == ["rejected", "accepted"]


def test_an_event_that_is_no_utf_8_does_not_spoil_the_others(ingest: httpx.Client) -> None:
    latin = json.dumps(order("latin", source="/caf~")).encode().replace(b"~", b"\xe9")
    body = b"[" + latin + b"," + json.dumps(order("utf")).encode() + b"]"
    answer = ingest.post("/v1/events/batch", content=body, headers={"Content-Type": "application/json"}).json()
    assert [item["status"] for item in answer["results"]] == ["rejected", "accepted"]


def test_a_batch_in_which_nothing_is_right_is_refused(ingest: httpx.Client) -> None:
    assert ingest.post("/v1/events/batch", json=[{}, {"a": 1}]).status_code == 422


Refusal = tuple[str, dict[str, Any], int]
REFUSED: list[Refusal] = [
    ("/v1/events", {"content": "{", "headers": {"Content-Type": "application/json"}}, 400),
    ("/v1/events", {"content": b"\xff", "headers": {"Content-Type": "application/cloudevents+json"}}, 400),
    ("/v1/events/batch", {"content": "{}", "headers": {"Content-Type": "application/json"}}, 400),
    ("/v1/events/batch", {"json": []}, 400),
    ("/v1/events", {"json": {}}, 422),
    ("/v1/events", {"json": order("x", time="2199-01-01T00:00:00Z")}, 422),
    ("/v1/events", {"json": order("x", time="0001-01-01T00:00:00+14:00")}, 422),
    ("/v1/events", {"json": order("x", time="9999-12-31T23:59:59-14:00")}, 422),
    ("/v1/events", {"content": b'{"a":' * 30_000, "headers": {"Content-Type": "application/json"}}, 400),
    ("/v1/events/batch", {"content": b'[{"a":' * 30_000, "headers": {"Content-Type": "application/json"}}, 400),
    ("/v1/events", {"content": "<a/>", "headers": {"Content-Type": "text/xml"}}, 415),
    ("/v1/events", {"content": "[]", "headers": {"Content-Type": "application/cloudevents-batch+json"}}, 415),
    ("/v1/events", {"json": {}, "headers": {"Content-Encoding": "gzip"}}, 415),
    ("/v1/events", {"content": "{}", "headers": {"Content-Type": "application/json; charset=latin-1"}}, 415),
    ("/v1/events", {"json": order("big", data={"channel": "x" * 300_000})}, 413),
    (
        "/v1/events/batch",
        {"content": b"[" + b" " * 9_000_000 + b"]", "headers": {"Content-Type": "application/json"}},
        413,
    ),
    ("/v1/events/batch", {"json": [1] * 10_001}, 413),
    ("/v1/nothing", {"json": {}}, 404),
]


@pytest.mark.parametrize(("path", "request_", "status"), REFUSED)
def test_a_refusal_is_a_problem_with_its_status(
    ingest: httpx.Client, path: str, request_: dict[str, Any], status: int
) -> None:
    response = ingest.post(path, **request_)
    assert response.status_code == status
    problem = response.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["mend"]


def test_without_a_key_or_its_scope_nothing_is_taken(stack: RunningStack) -> None:
    for header in ({}, {"Authorization": "Bearer cdr_a_b"}, {"Authorization": "Basic x"}):
        response = httpx.post(f"{stack.url(Port.INGEST)}/v1/events", json=order("no"), headers=header)
        assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    key = stack.cadran("keys", "create", "reader", "--scope", "kpis:read").stdout.strip()
    with stack.http(Port.INGEST, key) as reader:
        wait_for(lambda: reader.post("/v1/events", json=order("no")).status_code == 403, "the new key is known")


def test_a_key_has_a_namespace_for_the_ids_of_its_source(stack: RunningStack) -> None:
    key = stack.cadran("keys", "create", "shop7", "--scope", "events:write").stdout.strip()
    with stack.http(Port.INGEST, key) as shop:
        time.sleep(1.1)
        assert shop.post("/v1/events", json=order("ns", subject="1001")).status_code == 202
    stack.wait_applied()
    with stack.http(Port.EXPORTER) as reader:
        behind = reader.get("/v1/kpis/sales/explain", params={"window": "today", "limit": 1000}).json()
    assert "shop7:1001" in {entity["id"] for entity in behind["entities"]}


def test_another_method_is_told_which_one_is_taken(ingest: httpx.Client) -> None:
    for path in ("/v1/events", "/v1/events/batch"):
        response = ingest.get(path)
        assert (response.status_code, response.headers["allow"]) == (405, "POST")
        assert (response.headers["content-type"], response.json()["status"]) == ("application/problem+json", 405)


def test_a_body_of_no_told_length_is_refused_when_it_has_grown_too_large(ingest: httpx.Client) -> None:
    pieces = (b" " * 100_000 for _ in range(4))
    response = ingest.post("/v1/events", content=pieces, headers={"Content-Type": "application/cloudevents+json"})
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_every_refusal_is_counted_once_by_its_status(ingest: httpx.Client) -> None:
    before = refused(ingest)
    ingest.post("/v1/events", json={})
    ingest.post("/v1/events/batch", json=[])
    ingest.put("/v1/events", json={})
    ingest.post("/v1/nothing", json={})
    ingest.post("/v1/events", json=order("counted"))
    after = refused(ingest)
    assert {status: after[status] - before.get(status, 0) for status in after} == {
        **dict.fromkeys(before, 0),
        **dict.fromkeys(("400", "404", "405", "422"), 1),
    }


def refused(ingest: httpx.Client) -> dict[str, float]:
    """How many requests were refused so far, by status."""
    families = text_string_to_metric_families(ingest.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return {s.labels["code"]: s.value for s in samples if s.name == "cadran_ingest_refused_requests_total"}


def test_who_goes_away_within_a_body_leaves_no_error_behind(stack: RunningStack, ingest: httpx.Client) -> None:
    log = stack.layout.logs / "ingest.log"
    told = len(log.read_text())
    with socket.create_connection(("127.0.0.1", stack.settings.port(Port.INGEST))) as connection:
        head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {stack.key}\r\nContent-Length: 9\r\n\r\n"
        connection.sendall(head.encode() + b"{")
    assert ingest.post("/v1/events", json=order("after")).status_code == 202
    assert "error" not in log.read_text()[told:].lower()


def test_schemas_docs_health_and_metrics_are_served(stack: RunningStack, ingest: httpx.Client) -> None:
    index = ingest.get("/schemas").json()
    assert {entry["type"] for entry in index} == set(EVENT_TYPES)
    for entry in index:
        assert ingest.get(entry["schema"]).json()["title"] == entry["type"]
    assert ingest.get("/schemas/order.placed/9").status_code == 404
    described = ingest.get("/openapi.json").json()
    assert {"/v1/events", "/v1/events/batch"} <= set(described["paths"])
    assert "order.placed" in json.dumps(described)
    assert ingest.get("/docs").status_code == 200
    assert ingest.get("/healthz").json() == {"status": "ok"}
    assert ingest.get("/readyz").status_code == 200
    metrics = ingest.get("/metrics").text
    assert 'cadran_ingest_events_total{outcome="accepted",type="order.placed"}' in metrics
    assert "o-binary" not in metrics
