"""What pricing_watch tells of itself. No label names a page, a product or a host."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class PricingMetrics:
    """Its metrics, on a registry of its own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.due = Gauge("cadran_pricing_pages_due", "Pages that wait to be read", registry=registry)
        self.overdue_seconds = Gauge(
            "cadran_pricing_overdue_seconds", "How long the page that waits longest has been due", registry=registry
        )
        self.hosts = Gauge("cadran_pricing_hosts_at_work", "Hosts whose pages are being read", registry=registry)
        self.requests = Counter(
            "cadran_pricing_requests", "Requests for pages, by how they ended", ["outcome"], registry=registry
        )
        self.readings = Counter(
            "cadran_pricing_readings", "Readings, by what came of them", ["outcome"], registry=registry
        )
        self.verdicts = Counter("cadran_pricing_verdicts", "Verdicts published", ["verdict"], registry=registry)
        self.watched = Gauge(
            "cadran_pricing_pairs",
            "Pairs that are watched, by what is believed",
            ["verdict"],
            registry=registry,
        )
