"""What the campaigns tell Prometheus of themselves. No label names a campaign or a customer."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from services.ingest.campaigns.records import Group


class CampaignMetrics:
    """Its metrics, on the gateway's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.outbox_waiting = Gauge(
            "cadran_campaigns_outbox_events", "Events written and not yet acknowledged by Kafka", registry=registry
        )
        self.events_sent = Counter(
            "cadran_campaigns_events_sent", "Events that Kafka has acknowledged", registry=registry
        )
        self.drawn = Counter(
            "cadran_campaigns_customers_drawn", "Customers drawn, by group", ["group"], registry=registry
        )
        for group in Group:
            self.drawn.labels(group.value)
