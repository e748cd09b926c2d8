"""What the gateway tells Prometheus of itself. No label ever holds an id, a key or a subject."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


class IngestMetrics:
    """The gateway's own measurements."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.events = Counter(
            "cadran_ingest_events", "Events by type and by what became of them.", ["type", "outcome"], registry=registry
        )
        self.refused = Counter(
            "cadran_ingest_refused_requests", "Requests refused as a whole.", ["code"], registry=registry
        )
        self.seconds = Histogram(
            "cadran_ingest_request_seconds",
            "From the request to the answer.",
            ["mode"],
            buckets=BUCKETS,
            registry=registry,
        )
        self.pending_bytes = Gauge("cadran_ingest_pending_bytes", "Bodies that wait for Kafka.", registry=registry)
