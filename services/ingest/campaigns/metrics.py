"""What the campaigns tell Prometheus of themselves. No label names a campaign or a customer."""

from prometheus_client import CollectorRegistry, Counter

from services.ingest.campaigns.records import Group


class CampaignMetrics:
    """Its metrics, on the gateway's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.drawn = Counter(
            "cadran_campaigns_customers_drawn", "Customers drawn, by group", ["group"], registry=registry
        )
        for group in Group:
            self.drawn.labels(group.value)
