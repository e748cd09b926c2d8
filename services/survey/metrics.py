"""What the survey service tells of itself. No label holds anything of a person."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class SurveyMetrics:
    """Its metrics, on a registry of its own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.invitations = Gauge(
            "cadran_survey_invitations",
            "Invitations that were created, delivered, bounced, opened and answered, by touchpoint",
            ["touchpoint", "step"],
            registry=registry,
        )
        self.not_asked = Counter(
            "cadran_survey_not_asked", "People who were not asked, by the reason", ["reason"], registry=registry
        )
        self.letters_waiting = Gauge(
            "cadran_survey_letters_waiting", "Letters that wait to leave, but for the pulse's", registry=registry
        )
        self.letters = Counter(
            "cadran_survey_letters",
            "Letters handed to the mail server, by its answer (of the pulse's, those that went wrong)",
            ["outcome"],
            registry=registry,
        )
