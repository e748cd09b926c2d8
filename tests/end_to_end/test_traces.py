"""One event's trace, from HTTP to the commit in Redis, as a collector hears of it from a real stack."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from services.common.settings import Port
from tests.support.collector import Collector, Seen, running_collector
from tests.support.events import cloud_event, line
from tests.support.stack import RunningStack, running_stack, wait_for

SENDERS_SPAN = "00f067aa0ba902b7"
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
"""Kinds, as OTLP numbers them."""


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with running_collector() as running:
        yield running


@pytest.fixture(scope="module")
def stack(collector: Collector) -> Iterator[RunningStack]:
    """Only traces that a sender asks for are kept."""
    with running_stack(CADRAN_TRACES=collector.url, CADRAN_TRACES_SHARE="0") as running:
        yield running


def post(stack: RunningStack, trace: str, *, flags: str = "01", path: str = "/v1/events") -> int:
    """An order that wins a lead, in a trace of its sender's; the answer's status."""
    event = cloud_event(
        "order.placed", f"secret-{trace}", datetime.now(UTC) - timedelta(minutes=1), channel="online", currency="EUR",
        lines=[line(100)], lead_id=f"secret-lead-{trace}", customer_id=f"secret-customer-{trace}",
    )  # fmt: skip
    with stack.http(Port.INGEST) as client:
        return client.post(path, json=event, headers={"traceparent": f"00-{trace}-{SENDERS_SPAN}-{flags}"}).status_code


def one(spans: list[Seen]) -> Seen:
    assert len(spans) == 1, spans
    return spans[0]


def of_trace(collector: Collector, trace: str) -> list[Seen]:
    return [span for span in collector.spans if span.trace == trace]


def stages(collector: Collector, cause: Seen) -> dict[str, Seen]:
    """Of the one batch that a span is a cause of."""
    linked = collector.linked_to(cause)
    return {stage.name: stage for stage in collector.children(linked[0])} if linked else {}


def test_an_event_is_found_from_its_request_to_its_commit(stack: RunningStack, collector: Collector) -> None:
    trace = "a" * 32
    assert post(stack, trace) == 202
    wait_for(lambda: len(of_trace(collector, trace)) == 2, "the gateway's spans have come")
    sent = one([span for span in of_trace(collector, trace) if span.kind == PRODUCER])
    wait_for(lambda: "commit" in stages(collector, sent) and collector.linked_to(sent), "the worker's have come")

    request = one([span for span in of_trace(collector, trace) if span.kind == SERVER])
    assert (request.name, request.parent, request.service) == ("POST /v1/events", SENDERS_SPAN, "ingest")
    assert request.attributes["http.response.status_code"] == 202
    assert (sent.name, sent.parent) == ("send cadran.orders", request.id)
    batch = one(collector.linked_to(sent))
    assert (batch.name, batch.kind, batch.parent, batch.service) == ("process cadran.orders", CONSUMER, "", "worker")
    assert batch.attributes["messaging.batch.message_count"] == 1
    found = stages(collector, sent)
    assert {"decode", "read", "fold", "publish", "commit"} == found.keys()
    assert (found["commit"].kind, found["commit"].attributes["db.system.name"]) == (CLIENT, "redis")


def test_what_an_order_tells_its_lead_is_traced_too(stack: RunningStack, collector: Collector) -> None:
    trace = "b" * 32
    assert post(stack, trace) == 202

    def told_to() -> set[str]:
        own = [span for span in of_trace(collector, trace) if span.kind == PRODUCER]
        publishing = stages(collector, own[0])["publish"]
        notices = one(collector.children(publishing))
        return {batch.name for batch in collector.linked_to(notices) if "commit" in stages(collector, notices)}

    wait_for(lambda: "process cadran.leads" in told_to(), "the lead's batch is linked to the order's")


def test_no_attribute_says_whose_it_was(stack: RunningStack, collector: Collector) -> None:
    known, unknown = "c" * 32, "d" * 32
    assert post(stack, known) == 202
    assert post(stack, unknown, path="/v1/connectors/secret-vendor/secret-account") == 401
    wait_for(lambda: of_trace(collector, known) and of_trace(collector, unknown), "both requests are told")
    stack.wait_applied()

    refused = one(of_trace(collector, unknown))
    assert refused.name == "POST /v1/connectors/{vendor}/{account}"
    assert refused.attributes["http.response.status_code"] == 401
    told = [str(span) for span in collector.spans]
    assert [text for text in told if "secret" in text or stack.key in text] == []


def test_what_nobody_asked_for_is_not_kept(stack: RunningStack, collector: Collector) -> None:
    unwatched, watched = "e" * 32, "f" * 32
    assert post(stack, unwatched, flags="00") == 202
    stack.wait_applied()
    assert post(stack, watched) == 202
    wait_for(lambda: len(of_trace(collector, watched)) == 2, "the other is told")

    assert of_trace(collector, unwatched) == []
    sent = {(span.trace, span.id) for span in collector.spans if span.kind == PRODUCER}
    assert {link for span in collector.spans for link in span.links} <= sent


def test_without_a_collector_everything_goes_on() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: every connection is refused
        with running_stack(CADRAN_TRACES=f"http://127.0.0.1:{nobody.getsockname()[1]}") as stack:
            for number in range(20):
                assert post(stack, f"{number + 1:032x}") == 202
            stack.wait_applied()
            assert stack.kpi("sales", window="7d")["rows"][0]["measures"]["orders"] == 20
            stack.supervisor.stop("ingest")
            stack.supervisor.start("ingest")
            assert "Traceback" not in "".join(log.read_text() for log in stack.layout.logs.glob("*.log"))
