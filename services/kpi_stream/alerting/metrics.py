"""What the alerts process tells Prometheus of itself."""

from prometheus_client import CollectorRegistry, Gauge


class AlertMetrics:
    """Its metrics, on a registry of its own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.refused = Gauge(
            "cadran_alerts_thresholds_refused",
            "1 while the file of thresholds, or what was made of it, is refused.",
            registry=registry,
        )
        self.alerts = Gauge("cadran_alerts_in_force", "Alerts on KPIs that are in force.", registry=registry)
