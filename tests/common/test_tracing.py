"""What a trace is linked to and kept of, without a collector."""

import socket
import subprocess
import sys
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.sampling import Decision, ParentBased
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags

from services.common.errors import ConfigurationError
from services.common.settings import Settings
from services.common.trace_export import ShareOfRequests
from services.common.tracing import MAX_LINKS, links_of, open_tracing
from tests.support.collector import InMemory

TRACES = st.integers(1, 2**128 - 1)
SPANS = st.integers(1, 2**64 - 1)


class Record(NamedTuple):
    headers: list[tuple[str, bytes]]


def bearing(trace: int, span: int, flags: str = "01") -> Record:
    return Record([("cadran-notices", b"won"), ("traceparent", f"00-{trace:032x}-{span:016x}-{flags}".encode())])


@given(st.lists(st.tuples(TRACES, SPANS), max_size=300))
def test_a_batch_links_once_to_each_of_the_first_traces(causes: list[tuple[int, int]]) -> None:
    links = links_of([bearing(*cause) for cause in causes])

    assert [(link.context.trace_id, link.context.span_id) for link in links] == list(dict.fromkeys(causes))[:MAX_LINKS]


@given(st.lists(st.binary(max_size=80)))
def test_no_header_of_a_record_can_stop_a_batch(values: list[bytes]) -> None:
    links_of([Record([("traceparent", value), ("tracestate", value)]) for value in values])


def test_what_is_not_kept_is_not_linked_to() -> None:
    assert links_of([bearing(1, 1, "00"), Record([])]) == []


@given(TRACES, st.floats(0, 1))
def test_a_batch_is_kept_if_one_of_its_records_is(trace: int, share: float) -> None:
    sampler = ParentBased(ShareOfRequests(share))
    cause = Link(SpanContext(1, 1, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED)))

    assert sampler.should_sample(None, trace, "process", SpanKind.CONSUMER, links=[cause]).decision.is_sampled()
    assert sampler.should_sample(None, trace, "process", SpanKind.CONSUMER, links=[]).decision is Decision.DROP


@given(TRACES)
def test_all_or_none_of_what_begins_here_is_kept(trace: int) -> None:
    assert ShareOfRequests(1).should_sample(None, trace, "POST", SpanKind.SERVER).decision.is_sampled()
    assert ShareOfRequests(0).should_sample(None, trace, "POST", SpanKind.SERVER).decision is Decision.DROP


def test_there_are_none_unless_asked_for() -> None:
    assert open_tracing(Settings(), "ingest") is None


@pytest.mark.parametrize("address", ["127.0.0.1:4318", "http://user:word@host:4318", "http://host:4318/v1/traces"])
def test_another_address_than_a_collectors_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CADRAN_TRACES", address)
    with pytest.raises(ConfigurationError, match="CADRAN_TRACES.*an example is http://127.0.0.1:4318"):
        Settings.load()


def test_what_is_not_installed_is_named_with_its_mend() -> None:
    """In a process that cannot see the SDK; the API alone is among the services' own requirements."""
    code = (
        "import sys; sys.modules['opentelemetry.sdk'] = None\n"
        "from services.common.settings import Settings\n"
        "from services.common.tracing import open_tracing\n"
        "open_tracing(Settings(traces='http://127.0.0.1:4318'), 'ingest')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert "CADRAN_TRACES" in done.stderr
    assert "requirements-tracing.txt" in done.stderr


def test_a_collector_that_never_answers_holds_up_nothing() -> None:
    """Five times as many spans as may wait; the process ends by itself."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        code = (
            "from services.common.trace_export import MAX_WAITING, tracer_to\n"
            f"tracer = tracer_to('http://127.0.0.1:{silent.getsockname()[1]}', 'ingest', 1.0)\n"
            "for _ in range(5 * MAX_WAITING): tracer.start_span('POST').end()\n"
            "print('done')"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout) == (0, "done\n")


def test_of_an_error_only_its_kind_is_told() -> None:
    memory = InMemory()
    with pytest.raises(ValueError, match="customer"), memory.tracing.batch("cadran.orders", 0, [bearing(1, 1)]):
        raise ValueError("customer seventeen")

    (span,) = memory.spans
    assert span.attributes is not None
    assert span.attributes["error.type"] == "ValueError"
    assert "seventeen" not in span.to_json()


def test_a_record_bears_what_sends_it_and_a_batch_of_it_links_there() -> None:
    memory = InMemory()
    with memory.tracing.sending({"cadran.orders"}, 2) as headers:
        pass
    with memory.tracing.batch("cadran.orders", 0, [Record([*headers]), Record([*headers])]):
        pass

    sent, batch = memory.spans
    assert [link.context.span_id for link in batch.links] == [sent.context.span_id]


def test_records_of_several_topics_have_no_destination() -> None:
    memory = InMemory()
    with memory.tracing.sending({"cadran.orders", "cadran.leads"}, 2):
        pass

    (sent,) = memory.spans
    assert sent.name == "send"
    assert sent.attributes is not None
    assert "messaging.destination.name" not in sent.attributes
