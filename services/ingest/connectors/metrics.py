"""What connectors tell Prometheus of themselves. Labels name accounts of the file, never what a request says."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge

from services.common.events import Event

NOBODY = "unknown"
"""Stands for an account that is in no file."""


class ConnectorMetrics:
    """Its metrics, on the gateway's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        account = ["vendor", "account"]
        self.deliveries = Counter(
            "cadran_connector_deliveries",
            "Webhooks, by what became of them",
            [*account, "outcome"],
            registry=registry,
        )
        self.events = Counter(
            "cadran_connector_events", "Events made of webhooks and pulls", [*account, "type"], registry=registry
        )
        self.wanted = Gauge(
            "cadran_connector_wanted_objects", "Objects that vendors' APIs are to be asked for", registry=registry
        )
        self.given_up = Counter(
            "cadran_connector_given_up_objects", "Objects that an API did not give", account, registry=registry
        )
        self.synced = Gauge(
            "cadran_connector_synced_timestamp_seconds",
            "When the last pull that was finished had begun",
            account,
            registry=registry,
        )

    def made(self, vendor: str, account: str, events: Iterable[Event]) -> None:
        """Count what was made for an account."""
        for event in events:
            self.events.labels(vendor, account, event.type).inc()
