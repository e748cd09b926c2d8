"""The gateway's HTTP interface."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response, Security
from fastapi_offline import FastAPIOffline
from prometheus_client import CollectorRegistry
from starlette.routing import Route
from starlette.types import ASGIApp

from services.common.audit import AuditLog
from services.common.auth import ApiKey, KeyRing, Scope
from services.common.errors import CadranError, Invalid, Malformed, TooLarge
from services.common.events import EVENT_TYPES, Event, parse
from services.common.events.envelope import Envelope
from services.common.events.examples import example
from services.common.events.namespaces import in_namespace
from services.common.events.schemas import all_schemas, data_schema
from services.common.http import (
    Check,
    address_of,
    install_error_handlers,
    install_health,
    install_metrics,
    json_response,
    read_body,
)
from services.common.logging import get_logger
from services.common.openapi import KEY, PROBLEMS, refusals, schema_of
from services.common.problems import Problem, problem_of
from services.common.rates import Rate
from services.common.secure_headers import SecureHeaders
from services.common.tracing import Tracing
from services.common.windows import Clock
from services.ingest import reading
from services.ingest.asgi import CountRefused, DirectPosts, TracedPosts
from services.ingest.campaigns.api import campaign_routes
from services.ingest.campaigns.service import Campaigns
from services.ingest.connectors.api import connector_routes
from services.ingest.connectors.asking.syncing import Syncing
from services.ingest.connectors.service import Webhooks
from services.ingest.metrics import IngestMetrics
from services.ingest.service import Gateway, Outcome
from services.ingest.settings import IngestSettings

log = get_logger(__name__)


class ItemResult(msgspec.Struct, omit_defaults=True):
    """What became of one event of a batch."""

    index: int
    status: Literal["accepted", "duplicate", "rejected"]
    id: str = ""
    source: str = ""
    error: Problem | None = None


class BatchResult(msgspec.Struct):
    """What became of a batch, in its order."""

    accepted: int
    duplicates: int
    rejected: int
    results: list[ItemResult]


class Parts(NamedTuple):
    """What the interface is made of."""

    gateway: Gateway
    campaigns: Campaigns
    webhooks: Webhooks
    syncing: Syncing
    public_url: str
    keys: KeyRing
    audit: AuditLog
    rate: Rate
    zone: ZoneInfo
    clock: Clock
    settings: IngestSettings
    registry: CollectorRegistry
    metrics: IngestMetrics
    tracing: Tracing | None
    checks: dict[str, Check]


def create_app(parts: Parts, lifespan: Callable[[FastAPI], Any]) -> ASGIApp:
    """The gateway's app."""
    app = FastAPIOffline(
        title="Cadran ingest",
        summary="Events in: each is checked, published to Kafka, and only then acknowledged. And who is held out.",
        version="1",
        lifespan=lifespan,
        responses=PROBLEMS,
    )
    install_error_handlers(app)
    install_health(app, parts.checks)
    events = _events(parts)
    app.include_router(events)
    app.include_router(campaign_routes(parts.campaigns, parts.keys, parts.audit, parts.settings.max_batch_bytes))
    app.include_router(
        connector_routes(
            parts.webhooks,
            parts.syncing,
            parts.keys,
            parts.audit,
            clock=parts.clock,
            public_url=parts.public_url,
            max_bytes=parts.settings.max_delivery_bytes,
        )
    )
    app.include_router(_schemas())

    install_metrics(app, parts.registry)

    direct = {route.path: route.endpoint for route in events.routes if isinstance(route, Route)}
    posts: ASGIApp = DirectPosts(app, direct)
    if parts.tracing:
        posts = TracedPosts(posts, parts.tracing, direct)
    return SecureHeaders(CountRefused(posts, parts.metrics))


def _events(parts: Parts) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["events"], dependencies=[Security(KEY)])
    single, batch = (parts.metrics.seconds.labels(mode) for mode in ("single", "batch"))

    def authenticated(request: Request) -> ApiKey:
        return parts.keys.authenticate(request.headers.get("authorization"), Scope.WRITE_EVENTS, address_of(request))

    @router.post("/events", status_code=202, summary="Send one event", openapi_extra=_SINGLE, responses=_RESPONSES)
    async def send(request: Request) -> Response:
        key = authenticated(request)
        with single.time():
            body = await read_body(request, parts.settings.max_event_bytes)
            item = _read(parts, key, reading.single(request.headers, body))
            parts.rate.take(key.id)
            outcome = (await _accept(parts, key, [item]))[0]
        if outcome.error is not None:
            raise outcome.error
        return json_response({"status": outcome.status, "id": outcome.id, "source": outcome.source}, 202)

    @router.post(
        "/events/batch", status_code=202, summary="Send many events", openapi_extra=_BATCH, responses=_MANY_RESPONSES
    )
    async def send_batch(request: Request) -> Response:
        key = authenticated(request)
        with batch.time():
            body = await read_body(request, parts.settings.max_batch_bytes)
            raw = reading.batch(request.headers, body)
            if len(raw) > parts.settings.max_batch_events:
                limit = parts.settings.max_batch_events
                raise TooLarge(f"the batch has {len(raw)} events, the limit is {limit}", mend="send it in parts")
            if not raw:
                raise Malformed("the batch is empty", mend="send at least one event")
            parts.rate.take(key.id, times=len(raw))
            outcomes = await _accept(parts, key, [_read(parts, key, item) for item in raw])
        result = _summary(outcomes)
        return json_response(result, 422 if result.rejected == len(outcomes) else 202)

    return router


def _read(parts: Parts, key: ApiKey, raw: bytes) -> Event | CadranError:
    """One event, or why it is none: the caller answers for the others too."""
    try:
        return _event(parts, key, raw)
    except CadranError as error:
        return error
    except Exception:  # a defect of ours must not cost the other events of a batch
        log.exception("an event could not be read")
        return Invalid("cannot be read", mend="check its dates and numbers; the gateway's log has the cause")


def _event(parts: Parts, key: ApiKey, raw: bytes) -> Event:
    if len(raw) > parts.settings.max_event_bytes:
        limit = parts.settings.max_event_bytes
        raise TooLarge(f"the event has more than {limit} bytes", mend="send fewer lines, or split it")
    event = parse(raw, receivedat=parts.clock(), zone=parts.zone)
    return in_namespace(event, key.namespace)


async def _accept(parts: Parts, key: ApiKey, items: Sequence[Event | CadranError]) -> list[Outcome]:
    outcomes = await parts.gateway.accept(items, key.namespace)
    kinds = (item.type if isinstance(item, Event) else "unreadable" for item in items)
    for labels, count in Counter(zip(kinds, (outcome.status for outcome in outcomes), strict=True)).items():
        parts.metrics.events.labels(*labels).inc(count)
    return outcomes


def _summary(outcomes: Sequence[Outcome]) -> BatchResult:
    counts = dict.fromkeys(("accepted", "duplicate", "rejected"), 0)
    results = []
    for index, outcome in enumerate(outcomes):
        counts[outcome.status] += 1
        error = problem_of(outcome.error) if outcome.error else None
        results.append(ItemResult(index, outcome.status, outcome.id, outcome.source, error))
    return BatchResult(counts["accepted"], counts["duplicate"], counts["rejected"], results)


def _schemas() -> APIRouter:
    router = APIRouter(tags=["schemas"])

    @router.get("/schemas", summary="Every event type, with its schema's path")
    async def index() -> list[dict[str, str]]:
        return all_schemas()

    @router.get(
        "/schemas/{event_type}/{version}",
        summary="The JSON Schema of an event type's data",
        responses={200: {"description": "A JSON Schema", "content": {"application/schema+json": {}}}},
    )
    async def schema(event_type: str, version: int) -> Response:
        return json_response(data_schema(event_type, version), media_type="application/schema+json")

    return router


_EXAMPLES = {name: {"summary": name, "value": example(name)} for name in EVENT_TYPES}


_ENVELOPE = schema_of(Envelope)


def _event_schema(name: str) -> dict[str, Any]:
    """An envelope with the data of its type."""
    own = {"specversion": {"const": "1.0"}, "type": {"const": name}, "data": schema_of(EVENT_TYPES[name].data)}
    return {**_ENVELOPE, "properties": {**_ENVELOPE["properties"], **own}}


_EVENT: dict[str, Any] = {"anyOf": [_event_schema(name) for name in EVENT_TYPES]}
_BINARY = [
    {"in": "header", "name": f"ce-{name}", "schema": {"type": "string"}, "description": "Of an event in binary mode."}
    for name in ("specversion", "id", "source", "type", "time", "subject")
]
_SINGLE = {
    "parameters": _BINARY,
    "requestBody": {
        "required": True,
        "content": {
            reading.STRUCTURED: {"schema": _EVENT, "examples": _EXAMPLES},
            reading.JSON: {"schema": {"type": "object"}},
        },
    },
}
_BATCH = {
    "requestBody": {
        "required": True,
        "content": {
            reading.BATCH: {"schema": {"type": "array", "items": _EVENT}, "example": [example("order.placed")]},
            reading.NDJSON[0]: {"schema": {"type": "string"}},
        },
    }
}
_REFUSALS = {
    "400": "No JSON",
    "401": "No key, or not a known one",
    "403": "The key has not the scope `events:write`",
    "409": "The id was already given to another content",
    "413": "Over a size limit",
    "415": "A content type that is not taken",
    "429": "Over the key's rate; see Retry-After",
    "503": "Kafka does not answer in time; see Retry-After, and send the same again",
}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    202: {"description": "Every accepted record is acknowledged by Kafka"},
    **refusals(_REFUSALS),
}
_OUTCOMES = {"application/json": {"schema": schema_of(BatchResult)}}
_MANY_RESPONSES: dict[int | str, dict[str, Any]] = {
    **_RESPONSES,
    202: {"description": "Of each event what became of it; what is accepted, Kafka has", "content": _OUTCOMES},
    422: {"description": "No event was taken: of each, why", "content": _OUTCOMES},
}
