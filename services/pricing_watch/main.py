"""`python -m services.pricing_watch.main`: the price watcher. Settings and clients are built here and nowhere else."""

import secrets
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from services.common.audit import AuditLog
from services.common.auth import KeyRing
from services.common.background import Work, at_work
from services.common.database import Database, database_url
from services.common.errors import CadranError
from services.common.http import serve
from services.common.logging import configure_logging
from services.common.outbox import Outbox, OutboxMetrics
from services.common.publisher import publisher_of
from services.common.settings import Port, Settings
from services.common.topic_admin import require_topics
from services.common.windows import utc_now
from services.pricing_watch.api import Parts, create_app
from services.pricing_watch.events import Stating
from services.pricing_watch.fetching.fetcher import Fetcher
from services.pricing_watch.metrics import PricingMetrics
from services.pricing_watch.settings import PricingSettings, fetch_settings
from services.pricing_watch.tables import SCHEMA
from services.pricing_watch.watching.given import Given
from services.pricing_watch.watching.housekeeping import Housekeeping
from services.pricing_watch.watching.intake import Intake
from services.pricing_watch.watching.readers import Readers
from services.pricing_watch.watching.scheduler import Scheduler
from services.pricing_watch.watching.watch_file import load_watch_file
from services.pricing_watch.watching.watch_follower import WatchFollower
from services.pricing_watch.watching.watch_list import WatchList


def build(settings: Settings, pricing: PricingSettings, database: Database) -> ASGIApp:
    """The app on an open database, closed with its lifespan; its clients are opened and closed with it."""
    registry = CollectorRegistry()
    metrics = PricingMetrics(registry)
    publisher = publisher_of(settings, "pricing", timeout=pricing.publish_timeout)
    outbox = Outbox(database, publisher, OutboxMetrics("pricing", registry))
    stating = Stating(settings.zone)
    intake = Intake(stating)
    fetcher = Fetcher(fetch_settings(pricing), count=lambda outcome: metrics.requests.labels(outcome).inc())
    readers = Readers()
    scheduler = Scheduler(
        database,
        fetcher,
        readers.read,
        intake,
        name=f"{socket.gethostname()}-{secrets.token_hex(4)}",
        clock=utc_now,
        written=outbox.written,
        metrics=metrics,
    )
    watch_list = WatchList(database, stating, utc_now, outbox.written)
    works: list[Work] = [outbox.run, scheduler.run, Housekeeping(database, pricing.keep_days, utc_now, metrics).run]
    if pricing.watch_list is not None:
        load_watch_file(pricing.watch_list)  # it must be right when the service starts
        works.append(WatchFollower(pricing.watch_list, watch_list, scheduler.changed).run)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with publisher, fetcher, readers, at_work(works):
            yield
        database.close()

    parts = Parts(
        watch_list=watch_list,
        given=Given(database, intake, utc_now, outbox.written),
        scheduler=scheduler,
        database=database,
        keys=KeyRing(settings.api_keys_file, request_rate=settings.request_rate),
        audit=AuditLog(settings.audit_path),
        registry=registry,
        checks={"database": database.check},
    )
    return create_app(parts, lifespan)


def main() -> None:
    try:
        settings, pricing = Settings.load(), PricingSettings.load()
        configure_logging("pricing_watch", level=settings.log_level, log_format=settings.log_format)
        require_topics(settings)
        database = Database(database_url(pricing.database.get_secret_value(), settings.local_dir, SCHEMA), SCHEMA)
        database.open()
        app = build(settings, pricing, database)
    except CadranError as error:
        sys.exit(f"the price watcher cannot start: {error}")
    serve(app, settings, Port.PRICING, grace=10)


if __name__ == "__main__":
    main()
