"""Cadran's own processes: they answer, are ready, hand over their events, and their tables are of this release."""

from collections.abc import Iterator

from services.board.settings import BoardSettings
from services.board.tables import SCHEMA as BOARD
from services.common.database import Standing, database_url, standing
from services.common.settings import Port
from services.common.tables import Schema
from services.ingest.settings import IngestSettings
from services.ingest.tables import SCHEMA as INGEST
from services.operations.doctor.findings import Finding
from services.operations.doctor.installation import Installation
from services.pricing_watch.settings import PricingSettings
from services.pricing_watch.tables import SCHEMA as PRICING
from services.survey.settings import SurveySettings
from services.survey.tables import SCHEMA as SURVEY

HasDatabase = type[IngestSettings] | type[SurveySettings] | type[PricingSettings] | type[BoardSettings]
WITH_DATABASE: dict[Port, tuple[Schema, HasDatabase]] = {
    Port.INGEST: (INGEST, IngestSettings),
    Port.SURVEY: (SURVEY, SurveySettings),
    Port.PRICING: (PRICING, PricingSettings),
    Port.BOARD: (BOARD, BoardSettings),
}
"""Of each service that keeps something in a database of its own: its tables, and the settings that name it."""


def is_ready(service: Port, installation: Installation) -> Iterator[Finding]:
    answer = installation.get(service, "/readyz")
    try:
        told = answer.json()
        faults = {} if answer.is_success else dict(told["faults"])
        is_ours = bool(told["status"])
    except (ValueError, KeyError, TypeError):
        is_ours = False
    if not is_ours:
        yield another(service, installation)
        return
    for name, fault in faults.items():
        yield Finding(f"it is not ready: {name}: {str(fault)[:200]}", f"mend {name}; see its log too")


def another(service: Port, installation: Installation) -> Finding:
    """Something else has taken the port."""
    return Finding(
        f"another program answers at {installation.shown(service)}",
        f"stop it, or set CADRAN_PORT_{service.upper()} or CADRAN_PORT_OFFSET and start again",
    )


def worker_is_ready(installation: Installation) -> Iterator[Finding]:
    told = installation.metrics(Port.WORKER_METRICS)
    if "cadran_worker_ready" not in told:
        yield another(Port.WORKER_METRICS, installation)
    elif not told["cadran_worker_ready"]:
        yield Finding("it holds no partition", "see its log: it says what it waits for")


def outbox(service: Port, installation: Installation) -> Iterator[Finding]:
    told = installation.metrics(service)
    lag, waiting = (told.get(f"cadran_{service}_outbox_{name}", 0.0) for name in ("lag_seconds", "events"))
    if lag > installation.limits.waiting_seconds:
        yield Finding(
            f"{waiting:,.0f} events wait for Kafka, the oldest for {lag:,.0f} s",
            "see its log: Kafka does not take them; nothing is lost, they are sent again",
        )


def tables(service: Port, installation: Installation) -> Iterator[Finding]:
    schema, settings = WITH_DATABASE[service]
    url = database_url(settings.load().database.get_secret_value(), installation.settings.local_dir, schema)
    match standing(url, schema):
        case Standing.EMPTY:
            yield Finding("its database has no tables yet", "start the service: it makes them")
        case Standing.BEHIND:
            yield Finding("its tables are of an earlier release", "start the service again: it brings them up to date")
        case Standing.UNKNOWN:
            yield Finding("its tables were made by a later release", "run that release, or restore a backup of before")
