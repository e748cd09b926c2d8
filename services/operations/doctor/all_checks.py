"""Every check, in the order in which it is told: what others rest on comes first."""

from collections.abc import Iterator
from functools import partial

from services.board.settings import BoardSettings
from services.common.settings import CadranSettings, Settings
from services.ingest.settings import IngestSettings
from services.kpi_stream.alerting.settings import AlertSettings
from services.kpi_stream.settings import StreamSettings
from services.operations.doctor import (
    alert_checks,
    kafka_checks,
    machine_checks,
    redis_checks,
    service_checks,
    state_checks,
)
from services.operations.doctor.examining import Check
from services.operations.doctor.findings import Finding
from services.operations.doctor.installation import SERVICES, Installation
from services.pricing_watch.settings import PricingSettings
from services.survey.settings import SurveySettings

SETTINGS: dict[str, type[CadranSettings]] = {
    "shared": Settings,
    "ingest": IngestSettings,
    "stream": StreamSettings,
    "survey": SurveySettings,
    "pricing": PricingSettings,
    "board": BoardSettings,
    "alerts": AlertSettings,
}
ALERT_SETTINGS = "settings: alerts"
BOTH = ("kafka", "redis")
JUST_STARTED = 12.0
"""Seconds in which Prometheus, after a start, has looked at everything once."""
SETTLED = 4.0
"""Seconds in which a change of the thresholds is in force."""
REASSIGNED = 10.0
"""Seconds in which partitions are handed over when a worker comes or goes."""


def all_checks() -> list[Check]:
    return [*_settings(), *_machine(), *_kafka(), *_redis(), *_state(), *_services(), *_alerts()]


def _settings() -> Iterator[Check]:
    for name, kind in SETTINGS.items():
        yield Check(f"settings: {name}", partial(_can_be_read, kind))


def _can_be_read(kind: type[CadranSettings], _: Installation) -> tuple[Finding, ...]:
    """:raises ConfigurationError: naming each variable that is wrong."""
    kind.load()
    return ()


def _machine() -> Iterator[Check]:
    yield Check("python packages", machine_checks.packages)
    yield Check("disk", machine_checks.disk)
    yield Check("restore", state_checks.restore)
    yield Check("clock", machine_checks.clock, (ALERT_SETTINGS,))
    yield Check("releases", machine_checks.releases, (ALERT_SETTINGS,))
    kinds = tuple(SETTINGS.values())
    everything = tuple(f"settings: {name}" for name in SETTINGS)
    yield Check("secrets", partial(machine_checks.secrets, settings=kinds), everything)
    yield Check("api keys", machine_checks.keys)
    yield Check("board key", machine_checks.board_key, ("settings: board", "api keys"))


def _kafka() -> Iterator[Check]:
    yield Check("kafka", kafka_checks.answers)
    yield Check("kafka: topics", kafka_checks.topics, ("kafka",))
    yield Check("kafka: replicas", kafka_checks.replication, ("kafka",))
    yield Check("kafka: erasing", kafka_checks.erasing, ("kafka",))
    yield Check("kafka: disk", machine_checks.kafka_disk, ("kafka",))
    yield Check("dead letters", state_checks.dead_letters, ("kafka: topics",))


def _redis() -> Iterator[Check]:
    yield Check("redis", redis_checks.answers)
    yield Check("redis: settings", redis_checks.settings, ("redis",))
    yield Check("redis: memory", redis_checks.memory, ("redis",))


def _state() -> Iterator[Check]:
    yield Check("state", state_checks.state, BOTH)
    yield Check("state: offsets", state_checks.offsets, ("state", "kafka: topics"))
    yield Check("state: rebuild", state_checks.draft, ("redis",))
    yield Check("workers", state_checks.workers, ("state",), REASSIGNED)
    yield Check("lag", state_checks.lag, ("state", "kafka: topics"))


def _services() -> Iterator[Check]:
    yield Check("worker", service_checks.worker_is_ready, (), REASSIGNED)
    for service in SERVICES:
        yield Check(service, partial(service_checks.is_ready, service))
    for service in service_checks.WITH_DATABASE:
        yield Check(f"{service}: database", partial(service_checks.tables, service), (f"settings: {service}",))
        yield Check(f"{service}: outbox", partial(service_checks.outbox, service), (service,))


def _alerts() -> Iterator[Check]:
    yield Check("prometheus", alert_checks.prometheus_answers, (ALERT_SETTINGS,))
    yield Check("prometheus: targets", alert_checks.targets, ("prometheus",), JUST_STARTED)
    yield Check("alertmanager", alert_checks.alertmanager_answers, (ALERT_SETTINGS,))
    yield Check("thresholds", alert_checks.thresholds, ("alertmanager",), SETTLED)
    yield Check("prometheus: rules", alert_checks.rules, ("prometheus", "thresholds"), SETTLED)
    yield Check("alertmanager: receivers", alert_checks.receivers, ("thresholds",), SETTLED)
