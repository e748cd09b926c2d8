"""What the board tells Prometheus of itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class BoardMetrics:
    """Its metrics, on a registry of its own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.outbox_waiting = Gauge(
            "cadran_board_outbox_events", "Events written and not yet acknowledged by Kafka", registry=registry
        )
        self.events_sent = Counter("cadran_board_events_sent", "Events that Kafka has acknowledged", registry=registry)
