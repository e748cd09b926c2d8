"""`python -m services.kpi_stream.exporter.main`: the exporter. Settings and clients are built here and nowhere else."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp

from services.common.auth import KeyRing
from services.common.errors import CadranError
from services.common.garbage import collect_seldom
from services.common.http import serve
from services.common.kafka_refusals import require_kafka_admits
from services.common.logging import configure_logging
from services.common.redis_clients import async_redis
from services.common.redis_refusals import require_redis_admits
from services.common.settings import Port, Settings
from services.common.windows import utc_now
from services.kpi_stream.clients import build_observatory
from services.kpi_stream.declared import declared_by
from services.kpi_stream.exporter.api import Parts, create_app
from services.kpi_stream.exporter.explain import Explainer
from services.kpi_stream.exporter.log_ends import LogEnds
from services.kpi_stream.exporter.service import KpiService
from services.kpi_stream.folding import Folder
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.settings import StreamSettings


def build(settings: Settings, stream: StreamSettings) -> ASGIApp:
    """The app, its clients opened and closed with its lifespan."""
    redis = async_redis(settings.redis_access, socket_timeout=stream.redis_timeout, socket_connect_timeout=2)
    ends = LogEnds(settings.kafka_access, settings.partitions, utc_now)
    observatory = build_observatory(settings, redis, ends)
    reader = observatory.reader

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with ends:
            yield
        await redis.aclose()

    async def state() -> None:
        await reader.live()

    parts = Parts(
        service=KpiService(observatory, all_kpis(), stream.stale_after),
        explainer=Explainer(reader, Folder(all_kpis().values(), declared_by(settings)), stream.settled_after),
        keys=KeyRing(settings.api_keys_file, request_rate=settings.request_rate),
        checks={"state": state},
    )
    return create_app(parts, lifespan)


def main() -> None:
    try:
        settings, stream = Settings.load(), StreamSettings.load()
        configure_logging("exporter", level=settings.log_level, log_format=settings.log_format)
        require_kafka_admits(settings.kafka_access)
        require_redis_admits(settings.redis_access)
        app = build(settings, stream)
    except CadranError as error:
        sys.exit(f"exporter cannot start: {error}")
    collect_seldom()
    serve(app, settings, Port.EXPORTER, grace=5)


if __name__ == "__main__":
    main()
