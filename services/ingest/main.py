"""`python -m services.ingest.main`: the gateway's process. Settings and clients are built here and nowhere else."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from services.common.audit import AuditLog
from services.common.auth import KeyRing
from services.common.background import at_work, once
from services.common.database import Database, database_url
from services.common.errors import CadranError, ConfigurationError, Unavailable
from services.common.http import serve
from services.common.logging import configure_logging, get_logger
from services.common.outbox import Outbox, OutboxMetrics
from services.common.publisher import Publisher
from services.common.rates import Rate
from services.common.redis_clients import async_redis
from services.common.redis_refusals import require_redis_admits
from services.common.settings import Port, Settings
from services.common.signing_secrets import read_secrets
from services.common.topic_admin import require_topics
from services.common.tracing import open_tracing
from services.common.windows import utc_now
from services.ingest.api import Parts, create_app
from services.ingest.campaigns.metrics import CampaignMetrics
from services.ingest.campaigns.service import Campaigns
from services.ingest.connectors.accounts import AccountReader, FollowedAccounts, open_api
from services.ingest.connectors.asking.completing import Completing
from services.ingest.connectors.asking.syncing import Syncing
from services.ingest.connectors.intake import Intake
from services.ingest.connectors.metrics import ConnectorMetrics
from services.ingest.connectors.pruning import Pruning
from services.ingest.connectors.reading.names import Pseudonyms
from services.ingest.connectors.service import Webhooks
from services.ingest.connectors.vendors import CONNECTORS
from services.ingest.metrics import IngestMetrics
from services.ingest.service import Budget, Gateway
from services.ingest.settings import IngestSettings
from services.ingest.store import Marks
from services.ingest.tables import SCHEMA

log = get_logger(__name__)

KAFKA_PATIENCE = 2.0
"""Seconds: webhooks, which Kafka is not needed for, wait meanwhile."""


def build(settings: Settings, ingest: IngestSettings, database: Database, accounts: FollowedAccounts) -> ASGIApp:
    """The app, its clients opened and closed with its lifespan.

    A database that is not open yet is opened beside, as soon as it lets itself be: events are taken without it. Kafka
    too is reached beside: webhooks are taken without it.
    """
    registry = CollectorRegistry()
    metrics = IngestMetrics(registry)
    redis = async_redis(settings.redis_access, socket_timeout=2, socket_connect_timeout=2, decode_responses=True)
    tracing = open_tracing(settings, "ingest")
    publisher = Publisher(
        settings.kafka_access,
        client_id="cadran-ingest",
        timeout=ingest.publish_timeout,
        tracing=tracing,
    )
    budget = Budget(ingest.max_pending_bytes)
    metrics.pending_bytes.set_function(lambda: budget.taken)
    outbox = Outbox(database, publisher, OutboxMetrics("ingest", registry))
    connectors = _connectors(settings, ingest, database, accounts, outbox, ConnectorMetrics(registry))
    works = [outbox.run, connectors.completing.run, connectors.syncing.run, connectors.pruning.run]
    kafka_was_tried = asyncio.Event()

    async def use_kafka() -> None:
        try:
            async with publisher:
                kafka_was_tried.set()
                await asyncio.to_thread(require_topics, settings)
                await asyncio.Event().wait()
        finally:
            kafka_was_tried.set()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with at_work([use_kafka, once(database.open, works), accounts.run]):
            with suppress(TimeoutError):  # where it is there, the first events find it
                async with asyncio.timeout(KAFKA_PATIENCE):
                    await kafka_was_tried.wait()
            yield
        database.close()
        await redis.aclose()

    parts = Parts(
        gateway=Gateway(publisher, Marks(redis), budget),
        campaigns=_campaigns(settings, database, outbox, registry),
        webhooks=connectors.webhooks,
        syncing=connectors.syncing,
        public_url=ingest.public_address(settings),
        keys=KeyRing(settings.api_keys_file, request_rate=settings.request_rate),
        audit=AuditLog(settings.audit_path),
        rate=Rate(ingest.rate_limit, "this key may send", "send the rest after the seconds of Retry-After"),
        zone=settings.zone,
        clock=utc_now,
        settings=ingest,
        registry=registry,
        metrics=metrics,
        tracing=tracing,
        checks={"kafka": publisher.check},  # not the database: events are taken without it
    )
    return create_app(parts, lifespan)


def _campaigns(settings: Settings, database: Database, outbox: Outbox, registry: CollectorRegistry) -> Campaigns:
    return Campaigns(
        database,
        zone=settings.zone,
        clock=utc_now,
        written=outbox.written,
        drawn=CampaignMetrics(registry).drawn,
    )


class _Connectors(NamedTuple):
    webhooks: Webhooks
    completing: Completing
    syncing: Syncing
    pruning: Pruning


def _connectors(
    settings: Settings,
    ingest: IngestSettings,
    database: Database,
    accounts: FollowedAccounts,
    outbox: Outbox,
    metrics: ConnectorMetrics,
) -> _Connectors:
    intake = Intake(
        database,
        zone=settings.zone,
        clock=utc_now,
        most_waiting=ingest.max_waiting_events,
        written=outbox.written,
        metrics=metrics,
    )
    return _Connectors(
        Webhooks(accounts, database, intake, metrics),
        Completing(accounts, database, intake, open_api=open_api, clock=utc_now, metrics=metrics),
        Syncing(accounts, database, intake, open_api=open_api, clock=utc_now, metrics=metrics),
        Pruning(accounts, database),
    )


def _open_now(database: Database) -> None:
    """Open the database, if it lets itself be: otherwise it is tried again while events are taken."""
    try:
        database.open()
    except ConfigurationError as error:
        log.warning("campaigns and webhooks wait for their database", error=str(error))


def _check_topics(settings: Settings) -> None:
    """Kafka may be away, and webhooks are taken meanwhile; but topics that are wrong are for a person to mend.

    :raises ConfigurationError: a line per fault.
    """
    try:
        require_topics(settings, KAFKA_PATIENCE)
    except Unavailable as error:
        log.warning("events wait for Kafka", error=str(error))


def main() -> None:
    try:
        settings, ingest = Settings.load(), IngestSettings.load()
        configure_logging("ingest", level=settings.log_level, log_format=settings.log_format)
        _check_topics(settings)
        require_redis_admits(settings.redis_access)
        database = Database(database_url(ingest.database.get_secret_value(), settings.local_dir, SCHEMA), SCHEMA)
        _open_now(database)
        app = build(settings, ingest, database, _accounts(settings, ingest))
    except CadranError as error:
        sys.exit(f"ingest cannot start: {error}")
    serve(app, settings, Port.INGEST, grace=10)


def _accounts(settings: Settings, ingest: IngestSettings) -> FollowedAccounts:
    key = read_secrets(
        ingest.pseudonyms_file or settings.local_dir / "pseudonyms.secret", "CADRAN_INGEST_PSEUDONYMS_FILE"
    )
    accounts = FollowedAccounts(ingest.connectors_file, AccountReader(CONNECTORS, Pseudonyms(key[0])))
    try:
        accounts.load()
    except ConfigurationError as error:  # events are taken without them
        log.error("no webhooks are taken", error=str(error))  # noqa: TRY400 - a person's fault, not ours
    return accounts


if __name__ == "__main__":
    main()
