"""Traces: what was done for a few requests, where, and for how long, from HTTP to the commit in Redis.

Off unless `CADRAN_TRACES` says where they go. Names and attributes are those of OpenTelemetry's semantic conventions
for HTTP and messaging; none says whose order or which key it was, so no path, content or error's message is among them.
A trace travels in a record's headers as `traceparent` (W3C), and only if it is kept. A batch of records has many
causes: it is a trace of its own that links to theirs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, Tracer, get_current_span, use_span
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
    def request(self, method: str, carrier: Mapping[str, str]) -> Iterator[Span]:
        """A request that is answered; it goes on with its sender's trace."""
        attributes = {"http.request.method": method}
        with self._span(method, SpanKind.SERVER, attributes, context=_w3c.extract(carrier, Context())) as span:
            yield span

    @contextmanager
    def sending(self, topics: Iterable[str], records: int) -> Iterator[Headers]:
        """Records on their way until Kafka has them; gives the headers that each of them is to bear."""
        attributes: dict[str, AttributeValue] = {
            **_messaging("send", topics),
            "messaging.batch.message_count": records,
        }
        with self._span(_name("send", topics), SpanKind.PRODUCER, attributes) as span:
            yield _headers() if span.is_recording() else ()

    @contextmanager
    def batch(self, topic: str, partition: int, records: Sequence[Traced]) -> Iterator[None]:
        """One partition's records at work, linked to the traces that brought them."""
        attributes: dict[str, AttributeValue] = {
            **_messaging("process", [topic]),
            "messaging.batch.message_count": len(records),
            "messaging.destination.partition.id": str(partition),
        }
        with self._span(f"process {topic}", SpanKind.CONSUMER, attributes, Context(), links_of(records)):
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
    found: dict[tuple[bytes, ...], Link] = {}
    for record in records:
        if record.headers and (own := _carried(record.headers)):
            key = tuple(own.values())
            if key not in found:
                text = {name: value.decode("latin-1") for name, value in own.items()}
                context = get_current_span(_w3c.extract(text, Context())).get_span_context()
                if context.is_valid and context.trace_flags.sampled:
                    found[key] = Link(context)
        if len(found) == MAX_LINKS:
            break
    return list(found.values())


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


def _messaging(operation: str, topics: Iterable[str]) -> dict[str, AttributeValue]:
    named = set(topics)
    destination = {"messaging.destination.name": named.pop()} if len(named) == 1 else {}
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        **destination,
    }


def _name(operation: str, topics: Iterable[str]) -> str:
    named = set(topics)
    return f"{operation} {named.pop()}" if len(named) == 1 else operation


def _headers() -> Headers:
    """What tells the span under way to who reads a record."""
    carrier: dict[str, str] = {}
    _w3c.inject(carrier)
    return [(name, value.encode("latin-1")) for name, value in carrier.items()]


def _carried(headers: Headers) -> dict[str, bytes]:
    return {name: value for name, value in headers if name in _w3c.fields and value}
