"""What the survey service tells of itself. No label holds anything of a person."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class SurveyMetrics:
    """Its metrics, on a registry of its own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.outbox_waiting = Gauge(
            "cadran_survey_outbox_events", "Events written and not yet acknowledged by Kafka", registry=registry
        )
        self.events_sent = Counter("cadran_survey_events_sent", "Events that Kafka has acknowledged", registry=registry)
