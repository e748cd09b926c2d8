"""Traces: what was done for a few requests, where, and for how long, from HTTP to the commit in Redis.

Off unless `CADRAN_TRACES` says where they go. Names and attributes are those of OpenTelemetry's semantic conventions
for HTTP and messaging; none says whose order or which key it was, so no path, content or error's message is among them.
A trace travels in a record's headers as `traceparent` (W3C), and only if it is kept. A batch of records has many
causes: it is a trace of its own that links to theirs.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, StatusCode, Tracer, get_current_span, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from services.common.errors import ConfigurationError
from services.common.settings import Settings

MAX_LINKS = 128
"""Of one batch; the SDK keeps no more either."""

Headers = Sequence[tuple[str, bytes]]

_w3c = TraceContextTextMapPropagator()


class Traced(Protocol):
    """A record that may bear a trace."""

    @property
    def headers(self) -> Headers: ...


class Tracing:
    """The spans of one process. Each is under way in its own task, and those begun meanwhile are its children."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def request(self, method: str, scheme: str, carrier: Mapping[str, str]) -> Iterator[Span]:
        """A request that is answered; it goes on with its sender's trace."""
        attributes = {"http.request.method": method, "url.scheme": scheme}
        with self._span(method, SpanKind.SERVER, attributes, _w3c.extract(carrier, Context())) as span:
            yield span

    @contextmanager
    def sending(self, topics: Collection[str], records: int) -> Iterator[Headers]:
        """Records on their way until Kafka has them; gives the headers that each of them is to bear."""
        name, attributes = _messaging("send", topics)
        attributes["messaging.batch.message_count"] = records
        with self._span(name, SpanKind.PRODUCER, attributes) as span:
            yield _headers() if span.is_recording() else ()

    @contextmanager
    def batch(self, topic: str, partition: int, records: Sequence[Traced]) -> Iterator[None]:
        """One partition's records at work, linked to the traces that brought them."""
        name, attributes = _messaging("process", {topic})
        attributes["messaging.batch.message_count"] = len(records)
        attributes["messaging.destination.partition.id"] = str(partition)
        with self._span(name, SpanKind.CONSUMER, attributes, Context(), links_of(records)):
            yield

    @contextmanager
    def stage(self, name: str, attributes: Mapping[str, AttributeValue]) -> Iterator[None]:
        """A part of what is under way; one with attributes of a database is a call of it."""
        with self._span(name, SpanKind.CLIENT if attributes else SpanKind.INTERNAL, attributes):
            yield

    @contextmanager
    def _span(
        self,
        name: str,
        kind: SpanKind,
        attributes: Mapping[str, AttributeValue],
        context: Context | None = None,
        links: Sequence[Link] = (),
    ) -> Iterator[Span]:
        span = self._tracer.start_span(name, context, kind, attributes, links)
        try:
            with use_span(span, record_exception=False, set_status_on_exception=False):
                yield span
        except BaseException as error:
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(StatusCode.ERROR)  # without the message: it may name an order
            raise
        finally:
            span.end()


def links_of(records: Iterable[Traced]) -> list[Link]:
    """To the traces that brought some records, each once, the first of them."""
    found: dict[tuple[int, int], SpanContext] = {}
    for record in records:
        if record.headers and (context := _carried(record.headers)).trace_flags.sampled:
            found.setdefault((context.trace_id, context.span_id), context)
            if len(found) == MAX_LINKS:
                break
    return [Link(context) for context in found.values()]


def open_tracing(settings: Settings, service: str) -> Tracing | None:
    """The spans of a process, sent in the background; nothing unless they are asked for.

    :raises ConfigurationError: when what sends them is not installed.
    """
    if not settings.traces:
        return None
    try:
        from services.common.trace_export import tracer_to
    except ImportError:
        raise ConfigurationError(
            "what sends traces is not installed",
            field="CADRAN_TRACES",
            mend="run `.venv/bin/pip install -r requirements-tracing.txt`, or leave this setting empty",
        ) from None
    return Tracing(tracer_to(settings.traces, service, settings.traces_share))


def _messaging(operation: str, topics: Collection[str]) -> tuple[str, dict[str, AttributeValue]]:
    """The name and attributes of what is done with records; several topics are no destination."""
    attributes: dict[str, AttributeValue] = {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
    }
    if len(topics) > 1:
        return operation, attributes
    (topic,) = topics
    return f"{operation} {topic}", {**attributes, "messaging.destination.name": topic}


def _headers() -> Headers:
    """What tells the span under way to who reads a record."""
    carrier: dict[str, str] = {}
    _w3c.inject(carrier)
    return [(name, value.encode("latin-1")) for name, value in carrier.items()]


def _carried(headers: Headers) -> SpanContext:
    """What the headers of a record tell; not valid, and so not sampled, where that is nothing."""
    carrier = {name: value.decode("latin-1") for name, value in headers if name in _w3c.fields and value}
    return get_current_span(_w3c.extract(carrier, Context())).get_span_context()
