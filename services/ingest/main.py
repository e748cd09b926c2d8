"""`python -m services.ingest.main`: the gateway's process. Settings and clients are built here and nowhere else."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from services.common.auth import KeyRing
from services.common.background import at_work
from services.common.database import Database, database_url
from services.common.errors import CadranError, ConfigurationError
from services.common.http import serve
from services.common.logging import configure_logging, get_logger
from services.common.outbox import Outbox
from services.common.publisher import Publisher
from services.common.redis_clients import async_redis
from services.common.settings import Port, Settings
from services.common.topic_admin import require_topics
from services.common.windows import utc_now
from services.ingest.api import Parts, create_app
from services.ingest.campaigns.metrics import CampaignMetrics
from services.ingest.campaigns.service import Campaigns
from services.ingest.limits import EventRate
from services.ingest.metrics import IngestMetrics
from services.ingest.service import Budget, Gateway
from services.ingest.settings import IngestSettings
from services.ingest.store import Marks
from services.ingest.tables import SCHEMA

log = get_logger(__name__)


def build(settings: Settings, ingest: IngestSettings, database: Database) -> ASGIApp:
    """The app, its clients opened and closed with its lifespan.

    A database that is not open yet is opened beside, as soon as it lets itself be: events are taken without it.
    """
    registry = CollectorRegistry()
    metrics, campaign_metrics = IngestMetrics(registry), CampaignMetrics(registry)
    redis = async_redis(settings.redis_url, socket_timeout=2, socket_connect_timeout=2, decode_responses=True)
    publisher = Publisher(settings.kafka_servers, client_id="cadran-ingest", timeout=ingest.publish_timeout)
    budget = Budget(ingest.max_pending_bytes)
    metrics.pending_bytes.set_function(lambda: budget.taken)
    outbox = Outbox(database, publisher, campaign_metrics.outbox_waiting, campaign_metrics.events_sent)

    async def tell_draws() -> None:
        await asyncio.to_thread(database.open)
        await outbox.run()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with publisher, at_work([tell_draws]):
            yield
        database.close()
        await redis.aclose()

    parts = Parts(
        gateway=Gateway(publisher, Marks(redis), budget),
        campaigns=Campaigns(
            database, zone=settings.zone, clock=utc_now, written=outbox.written, drawn=campaign_metrics.drawn
        ),
        keys=KeyRing(settings.api_keys_file),
        rate=EventRate(ingest.rate_limit),
        zone=settings.zone,
        clock=utc_now,
        settings=ingest,
        registry=registry,
        metrics=metrics,
        checks={"kafka": publisher.check},  # not the database: events are taken without it
    )
    return create_app(parts, lifespan)


def _open_now(database: Database) -> None:
    """Open the database, if it lets itself be: otherwise it is tried again while events are taken."""
    try:
        database.open()
    except ConfigurationError as error:
        log.warning("campaigns wait for their database", error=str(error))


def main() -> None:
    try:
        settings, ingest = Settings.load(), IngestSettings.load()
        configure_logging("ingest", level=settings.log_level, log_format=settings.log_format)
        require_topics(settings)
        database = Database(database_url(ingest.database.get_secret_value(), settings.local_dir, SCHEMA), SCHEMA)
        _open_now(database)
        app = build(settings, ingest, database)
    except CadranError as error:
        sys.exit(f"ingest cannot start: {error}")
    serve(app, host=settings.host, port=settings.port(Port.INGEST), grace=10)


if __name__ == "__main__":
    main()
