"""The read API and `/metrics`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from operator import itemgetter
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi import Query as Parameter
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST
from redis.exceptions import RedisClusterException, RedisError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import ASGIApp

from services.common.auth import KeyRing, Scope
from services.common.errors import CadranError, Unavailable
from services.common.http import Check, install_error_handlers, install_health, json_response, problem_response, require
from services.common.logging import get_logger
from services.common.openapi import PROBLEMS
from services.common.secure_headers import SecureHeaders
from services.common.topics import Topic
from services.kpi_stream.exporter.explain import Explainer, Page
from services.kpi_stream.exporter.listings_api import listings_router
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.queries import Query, find_cut, find_kpi, find_options, find_window
from services.kpi_stream.exporter.scrape import Scrape
from services.kpi_stream.exporter.service import KpiService
from services.kpi_stream.kpis.kpi import Kpi

log = get_logger(__name__)

POLL_SECONDS = 0.2
PING_SECONDS = 15
RESERVED = frozenset({"window", "from", "to", "by", "step", "member", "after", "limit", "corrected", "rolling"})


class Parts(NamedTuple):
    """What the interface is made of."""

    service: KpiService
    explainer: Explainer
    keys: KeyRing
    checks: dict[str, Check]


class Asked(NamedTuple):
    """The parameters that say which numbers are asked for."""

    window: str | None
    first: date | None
    last: date | None
    by: str | None
    options: dict[str, str]


def asked(
    request: Request,
    window: Annotated[
        str | None, Parameter(description="1h 24h 7d 30d 90d today wtd mtd qtd ytd; mtd by default")
    ] = None,
    first: Annotated[date | None, Parameter(alias="from", description="First day, instead of a window")] = None,
    last: Annotated[date | None, Parameter(alias="to", description="Last day, included")] = None,
    by: Annotated[str | None, Parameter(description="A cut: rep, channel, …")] = None,
) -> Asked:
    options = {name: value for name, value in request.query_params.items() if name not in RESERVED}
    return Asked(window, first, last, by, options)


Which = Annotated[Asked, Depends(asked)]


def create_app(parts: Parts, lifespan: Callable[[FastAPI], Any]) -> ASGIApp:
    """The exporter's app."""
    app = FastAPIOffline(
        title="Cadran read API",
        summary="KPIs with their interval, comparison, target and freshness.",
        version="1",
        lifespan=lifespan,
        responses=PROBLEMS,
    )
    install_error_handlers(app)
    install_health(app, parts.checks)

    @app.exception_handler(RedisError)
    @app.exception_handler(RedisClusterException)
    async def _no_redis(_: Request, error: Exception) -> Response:
        log.warning("Redis does not answer", error=repr(error))
        return problem_response(Unavailable("the state cannot be read now", mend="try again"))

    app.include_router(_kpis(parts))
    app.include_router(listings_router(parts.service, parts.keys))
    app.include_router(_metrics(parts))
    return SecureHeaders(app)


def _kpis(parts: Parts) -> APIRouter:
    service = parts.service
    router = APIRouter(prefix="/v1", tags=["kpis"], dependencies=[Depends(require(parts.keys, Scope.READ_KPIS))])
    may_explain = Depends(require(parts.keys, Scope.EXPLAIN))

    @router.get("/kpis", summary="Every KPI: what it answers, how it is made, how it can be cut")
    async def kpis() -> Response:
        return json_response([declaration(kpi) for kpi in service.kpis.values()])

    @router.get("/kpis/{kpi_id}", summary="A KPI over a window")
    async def rows(kpi_id: str, which: Which) -> Response:
        query, moment = await _query(service, kpi_id, which)
        return json_response(await service.rows(query, moment))

    @router.get("/kpis/{kpi_id}/series", summary="A KPI by the day or month")
    async def series(
        kpi_id: str,
        which: Which,
        step: str = "day",
        rolling: Annotated[int | None, Parameter(description="Days up to its own that make a point of a day")] = None,
    ) -> Response:
        query, moment = await _query(service, kpi_id, which)
        return json_response(await service.series(query, step, rolling, moment))

    @router.get(
        "/kpis/{kpi_id}/explain", summary="The entities and events behind a number, paged", dependencies=[may_explain]
    )
    async def explain(
        kpi_id: str,
        which: Which,
        member: Annotated[str, Parameter(description="The member of the cut `by`")] = "",
        after: Annotated[str, Parameter(description="`next` of the page before")] = "",
        limit: Annotated[int, Parameter(ge=1, le=1000)] = 100,
        corrected: Annotated[Literal["no", "yes"], Parameter(description="Only those corrected late")] = "no",
    ) -> Response:
        query, moment = await _query(service, kpi_id, which)
        page = Page(after, limit, corrected == "yes")
        return json_response(await parts.explainer.explain(query, member, moment, page))

    @router.get("/freshness", summary="How far every partition was read, and when each source was last heard")
    async def freshness() -> Response:
        moment = await service.observatory.look()
        heard = await service.observatory.reader.heard(moment.state)
        sources = {source: ms for (_, source), ms in sorted(heard.items(), key=itemgetter(1))}
        as_of = {kpi.id: moment.freshness.as_of(kpi.feeds) for kpi in service.kpis.values()}
        content = {
            "kpis": {name: {"as_of": at, "stale": service.is_stale(at, moment)} for name, at in as_of.items()},
            "sources": {source: datetime.fromtimestamp(ms / 1000, UTC) for source, ms in sources.items()},
            "partitions": moment.freshness.partitions,
        }
        return json_response(content)

    @router.get("/events", summary="Server-sent events: one whenever numbers may have changed", responses=_STREAM)
    async def events(request: Request) -> EventSourceResponse:
        return EventSourceResponse(_changes(service, request), ping=PING_SECONDS)

    return router


_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "A stream without end", "content": {"text/event-stream": {}}}
}


async def _query(service: KpiService, kpi_id: str, which: Asked) -> tuple[Query, Moment]:
    kpi = find_kpi(service.kpis, kpi_id)
    moment = await service.observatory.look()
    cut = find_cut(kpi, which.by)
    window = find_window(kpi, moment.world, which.window, which.first, which.last)
    return Query(kpi, cut, window, find_options(kpi, which.options)), moment


async def _changes(service: KpiService, request: Request) -> AsyncIterator[ServerSentEvent]:
    """An event whenever an applied offset moved, naming the KPIs that it feeds: a statement of reference, all."""
    reader = service.observatory.reader
    before: dict[tuple[str, int], int] = {}
    while not await request.is_disconnected():
        try:
            state = await reader.live()
            nexts, _ = await reader.positions(state)
        except (RedisError, RedisClusterException, CadranError):
            await asyncio.sleep(1)
            continue
        moved = {topic for (topic, p), offset in nexts.items() if before.get((topic, p)) != offset}
        before = dict(nexts)
        changed = [kpi.id for kpi in service.kpis.values() if moved.intersection({*kpi.feeds, Topic.REFERENCE})]
        if changed:
            yield ServerSentEvent(event="changed", data=msgspec.json.encode({"kpis": changed}).decode())
        await asyncio.sleep(POLL_SECONDS)


def declaration(kpi: Kpi) -> dict[str, Any]:
    """A KPI as it is declared."""
    return {
        "id": kpi.id,
        "title": kpi.title,
        "question": kpi.question,
        "formula": kpi.formula,
        "credit": kpi.credit,
        "unit": kpi.unit,
        "good": kpi.good,
        "windows": kpi.windows,
        "cuts": [{"by": cut.name, "fields": cut.fields, "adds_up": cut.adds_up} for cut in kpi.cuts if cut.fields],
        "options": kpi.options,
        "rolling": kpi.rolling,
        "explained": bool(kpi.listed),
    }


def _metrics(parts: Parts) -> APIRouter:
    router = APIRouter()
    scrape = Scrape(parts.service)

    @router.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(await scrape.text(), media_type=CONTENT_TYPE_LATEST)

    return router
