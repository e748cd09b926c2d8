"""The API of alerts: how they stand, and changes of them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from fastapi import Depends, FastAPI, Request, Response
from fastapi_offline import FastAPIOffline
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from services.common.audit import AuditLog
from services.common.auth import KeyRing, Scope
from services.common.http import (
    Check,
    install_error_handlers,
    install_health,
    install_metrics,
    json_response,
    read_body,
    require,
    require_recorded,
)
from services.common.json_bodies import json_body, read_one
from services.common.openapi import PROBLEMS
from services.common.secure_headers import SecureHeaders
from services.kpi_stream.alerting.service import AlertService
from services.kpi_stream.alerting.thresholds.changes import Change

MOST_BYTES = 10_000


class Parts(NamedTuple):
    """What the interface is made of."""

    service: AlertService
    keys: KeyRing
    audit: AuditLog
    registry: CollectorRegistry
    checks: dict[str, Check]


def create_app(parts: Parts, lifespan: Callable[[FastAPI], Any]) -> ASGIApp:
    """The app of alerts."""
    app = FastAPIOffline(
        title="Cadran alerts",
        summary="Which numbers passed a threshold, why or why not, and what is asked of them.",
        version="1",
        lifespan=lifespan,
        responses=PROBLEMS,
    )
    install_error_handlers(app)
    install_health(app, parts.checks)
    install_metrics(app, parts.registry)
    service = parts.service
    may_read = Depends(require(parts.keys, Scope.READ_ALERTS))
    may_write = require_recorded(parts.keys, Scope.WRITE_ALERTS, parts.audit)

    @app.get("/v1/alerts", summary="Every alert on a KPI, and how its members stand", dependencies=[may_read])
    async def alerts() -> Response:
        return json_response(await service.everything())

    @app.get("/v1/alerts/{name}", summary="One of them", dependencies=[may_read])
    async def alert(name: str) -> Response:
        return json_response(await service.one(name))

    @app.put(
        "/v1/alerts/{name}",
        summary="Change what is asked of it",
        dependencies=[may_write],
        openapi_extra=json_body(Change, {"version": "1a2b3c", "level": 10, "lasts": "2h"}),
    )
    async def change(name: str, request: Request) -> Response:
        asked = read_one(await read_body(request, MOST_BYTES), Change)
        return json_response(await service.change(name, asked))

    return SecureHeaders(app)
