"""Where traces go: to an OTLP/HTTP collector, in the background. Imported only where they are asked for.

What waits is bounded, and dropped when the collector takes nothing: traces never hold up what they tell of.
"""

import atexit
import logging
import threading
from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import Link, SpanKind, Tracer, TraceState
from opentelemetry.util.types import Attributes

from services.common.tracing import MAX_LINKS

MAX_WAITING, MAX_SENT = 2048, 512
"""Spans, some 1 kB each, that wait for the collector, and that one request carries."""

PAUSE_MS = 1000.0
"""Between requests to the collector."""

PATIENCE = 3.0
"""Seconds that the collector has to take spans, and that the end of a process waits for it."""


class ShareOfRequests(Sampler):
    """Keeps a share of all traces that begin here; a batch of records is kept if any record's trace was."""

    def __init__(self, share: float) -> None:
        self._share = TraceIdRatioBased(share)

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        chosen: Sampler = self._share
        if kind is SpanKind.CONSUMER:
            chosen = ALWAYS_ON if links else ALWAYS_OFF
        return chosen.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        return f"ShareOfRequests({self._share.get_description()})"


def tracer_to(address: str, service: str, share: float) -> Tracer:
    """A tracer whose spans go to a collector's `http://host:port`."""
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)  # each try of a request would be a warning
    provider = TracerProvider(
        sampler=ParentBased(ShareOfRequests(share)),
        resource=Resource.create({"service.namespace": "cadran", "service.name": service}),
        shutdown_on_exit=False,
        span_limits=SpanLimits(max_links=MAX_LINKS),
    )
    exporter = OTLPSpanExporter(f"{address.rstrip('/')}/v1/traces", timeout=PATIENCE)
    provider.add_span_processor(
        BatchSpanProcessor(
            exporter, max_queue_size=MAX_WAITING, schedule_delay_millis=PAUSE_MS, max_export_batch_size=MAX_SENT
        )
    )
    atexit.register(_end, provider)
    return provider.get_tracer("cadran")


def _end(provider: TracerProvider) -> None:
    """Send what waits, but let no collector hold up the end of a process."""
    ending = threading.Thread(target=provider.shutdown, daemon=True)
    ending.start()
    ending.join(PATIENCE)
