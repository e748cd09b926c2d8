"""A small OTLP/HTTP collector for a test: it keeps the spans that real exporters send it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased

from services.common.trace_export import ShareOfRequests
from services.common.tracing import Tracing
from tests.support import http_server


class Seen(NamedTuple):
    """A span as it came; ids in hex."""

    service: str
    name: str
    kind: int
    trace: str
    id: str
    parent: str
    links: list[tuple[str, str]]
    attributes: dict[str, Any]
    is_error: bool


class Collector:
    """What was taken, in the order of its coming."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.spans: list[Seen] = []

    def named(self, name: str) -> list[Seen]:
        return [span for span in self.spans if span.name == name]

    def linked_to(self, span: Seen) -> list[Seen]:
        """The spans that a span is a cause of."""
        return [other for other in self.spans if (span.trace, span.id) in other.links]

    def children(self, span: Seen) -> list[Seen]:
        return [other for other in self.spans if (other.trace, other.parent) == (span.trace, span.id)]


@contextmanager
def running_collector() -> Iterator[Collector]:
    class Handler(http_server.Handler):
        def do_POST(self) -> None:  # noqa: N802 - the name that the library looks for
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.spans += _spans(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with http_server.serving(Handler) as url:
        collector = Collector(url)
        yield collector


def _spans(request: Any) -> Iterator[Seen]:
    for resource in request.resource_spans:
        service = _values(resource.resource.attributes)["service.name"]
        for span in (span for scope in resource.scope_spans for span in scope.spans):
            yield Seen(
                service=service,
                name=span.name,
                kind=span.kind,
                trace=span.trace_id.hex(),
                id=span.span_id.hex(),
                parent=span.parent_span_id.hex(),
                links=[(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
                attributes=_values(span.attributes),
                is_error=span.status.code == span.status.STATUS_CODE_ERROR,
            )


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


class InMemory:
    """Traces that go nowhere: all that begin here are kept."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(sampler=ParentBased(ShareOfRequests(1)))
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracing = Tracing(provider.get_tracer("test"))

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()
