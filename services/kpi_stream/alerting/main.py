"""`python -m services.kpi_stream.alerting.main`: the alerts process. Only here are settings and clients built."""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from services.common.audit import AuditLog
from services.common.auth import KeyRing
from services.common.background import at_work
from services.common.errors import CadranError
from services.common.http import serve
from services.common.logging import configure_logging
from services.common.settings import Port, Settings
from services.common.windows import utc_now
from services.kpi_stream.alerting.api import Parts, create_app
from services.kpi_stream.alerting.history import History
from services.kpi_stream.alerting.keeper import Keeper
from services.kpi_stream.alerting.metrics import AlertMetrics
from services.kpi_stream.alerting.reading import Queries
from services.kpi_stream.alerting.rules.kpi_rules import rules_text
from services.kpi_stream.alerting.rules.wording import Words
from services.kpi_stream.alerting.servers import Files, Make, Servers
from services.kpi_stream.alerting.service import AlertService
from services.kpi_stream.alerting.settings import AlertSettings
from services.kpi_stream.alerting.telling.alertmanager import Alertmanager
from services.kpi_stream.alerting.telling.config import alertmanager_files
from services.kpi_stream.alerting.thresholds.file import ThresholdReader, Thresholds
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.prometheus import PrometheusApi

RULES = "rules/cadran.yml"
HISTORY = "history.jsonl"
TIMEOUT = 10.0


def make_files(settings: Settings, alerting: AlertSettings) -> Make:
    """How the servers' files are made of thresholds; Alertmanager's for the release that answers."""
    kpis = all_kpis().values()
    words = Words(alerting.board(settings), settings.reporting_currency)
    alertmanager = Alertmanager(alerting.alertmanager_url(settings))

    def make(thresholds: Thresholds) -> Mapping[str, str]:
        files = alertmanager_files(thresholds.teams.values(), alerting, alertmanager.version())
        return {RULES: rules_text(kpis, thresholds.alerts, words, alerting.patience), **files}

    return make


def build(settings: Settings, alerting: AlertSettings) -> ASGIApp:
    """The app; what it keeps in force is looked at as long as it runs."""
    http = httpx.AsyncClient(timeout=TIMEOUT)
    registry = CollectorRegistry()
    folder = alerting.folder_in(settings.local_dir)
    files = Files(folder, make_files(settings, alerting))
    addresses = {"Alertmanager": alerting.alertmanager_url(settings), "Prometheus": alerting.prometheus_url(settings)}
    keeper = Keeper(
        alerting.thresholds_file,
        ThresholdReader(all_kpis(), settings.reporting_currency),
        Servers(files, addresses, http),
        History(folder / HISTORY),
        AlertMetrics(registry),
        utc_now,
    )
    queries = Queries(PrometheusApi(addresses["Prometheus"], http, "see `make status`"))

    async def answers() -> None:
        await queries.ask("vector(1)")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with http, at_work([keeper.run]):
            yield

    parts = Parts(
        service=AlertService(keeper, queries),
        keys=KeyRing(settings.api_keys_file, request_rate=settings.request_rate),
        audit=AuditLog(settings.audit_path),
        registry=registry,
        checks={"prometheus": answers},
    )
    return create_app(parts, lifespan)


def main() -> None:
    try:
        settings, alerting = Settings.load(), AlertSettings.load()
        configure_logging("alerts", level=settings.log_level, log_format=settings.log_format)
        app = build(settings, alerting)
    except CadranError as error:
        sys.exit(f"alerts cannot start: {error}")
    serve(app, settings, Port.ALERTS, grace=5)


if __name__ == "__main__":
    main()
