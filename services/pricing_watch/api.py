"""The service's HTTP interface: what is watched, prices that are told, where each pair stands and why."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi_offline import FastAPIOffline
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection
from starlette.types import ASGIApp

from services.common.audit import AuditLog
from services.common.auth import KeyRing, Scope
from services.common.database import MOST_TOGETHER, Database
from services.common.errors import CadranError, Conflict, Invalid, NotFound
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
from services.common.json_bodies import (
    ITEMS_MAX_BYTES,
    Made,
    answer_many,
    json_body,
    read_many,
    read_one,
)
from services.common.openapi import PROBLEMS
from services.common.secure_headers import SecureHeaders
from services.pricing_watch import store
from services.pricing_watch.answers import ExplainAnswer, PagesAnswer, ProductsAnswer, explain_answer, page_answer
from services.pricing_watch.watching import reading_store
from services.pricing_watch.watching.given import Given, GivenPrice
from services.pricing_watch.watching.intake import find
from services.pricing_watch.watching.products import Product, check_product
from services.pricing_watch.watching.scheduler import Scheduler
from services.pricing_watch.watching.watch_list import WatchList

T = TypeVar("T")

READINGS_SHOWN = 10


class Parts(NamedTuple):
    """What the interface is made of."""

    watch_list: WatchList
    given: Given
    scheduler: Scheduler
    database: Database
    keys: KeyRing
    audit: AuditLog
    registry: CollectorRegistry
    checks: dict[str, Check]


def create_app(parts: Parts, lifespan: Callable[[FastAPI], Any]) -> ASGIApp:
    """The price watcher's app."""
    app = FastAPIOffline(
        title="Cadran price watch",
        summary="Competitors' prices: read, judged, explained.",
        version="1",
        lifespan=lifespan,
        responses=PROBLEMS,
    )
    install_error_handlers(app)
    install_health(app, parts.checks)
    app.include_router(_watch_routes(parts))
    app.include_router(_price_routes(parts))
    app.include_router(_reading_routes(parts))

    install_metrics(app, parts.registry)

    return SecureHeaders(app)


def _watch_routes(parts: Parts) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["watch list"])
    writes = [require_recorded(parts.keys, Scope.WRITE_PRICES, parts.audit)]
    reads = [Depends(require(parts.keys, Scope.READ_PRICES))]

    @router.get("/watch", summary="What is watched, by sku", dependencies=reads)
    async def watched(
        after: Annotated[str, Query(max_length=200)] = "", limit: Annotated[int, Query(ge=1, le=1000)] = 100
    ) -> Response:
        products = await parts.watch_list.page(after=after, limit=limit)
        following = products[-1].product.sku if len(products) == limit else ""
        return json_response(ProductsAnswer(products, following))

    @router.put(
        "/watch",
        summary="Watch up to 1,000 products; those that are watched are replaced",
        dependencies=writes,
        openapi_extra=json_body(list[Product], [_EXAMPLE]),
    )
    async def watch(request: Request) -> Response:
        read = read_many(await read_body(request, ITEMS_MAX_BYTES), Product)
        made = await _made([each for each in read if isinstance(each, Product)], partial(_kept, parts))
        parts.scheduler.changed()
        return answer_many(read, made, {})

    # A sku may hold a slash.
    @router.get("/watch/{sku:path}", summary="One product", dependencies=reads)
    async def one(sku: str) -> Response:
        return json_response(await parts.watch_list.one(sku))

    @router.delete("/watch/{sku:path}", summary="Watch a product no more", status_code=204, dependencies=writes)
    async def drop(sku: str) -> Response:
        await parts.watch_list.drop(sku)
        return Response(status_code=204)

    return router


async def _made(items: Sequence[T], make: Callable[[T], Awaitable[Made | CadranError]]) -> list[Made | CadranError]:
    """What becomes of each, in their order. The writes of a part wait together: one sync of the disk for all."""
    made: list[Made | CadranError] = []
    for start in range(0, len(items), MOST_TOGETHER):
        made += await asyncio.gather(*(make(item) for item in items[start : start + MOST_TOGETHER]))
    return made


async def _kept(parts: Parts, product: Product) -> Made | CadranError:
    try:
        changed = await parts.watch_list.keep(check_product(product))
    except (Invalid, Conflict) as error:
        return error
    return Made("kept" if changed else "unchanged", product.sku)


def _price_routes(parts: Parts) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["prices"], dependencies=[Depends(require(parts.keys, Scope.WRITE_PRICES))])

    @router.post(
        "/prices",
        summary="Tell up to 1,000 prices that were seen, of pairs that are watched",
        openapi_extra=json_body(list[GivenPrice], [_GIVEN]),
    )
    async def give(request: Request) -> Response:
        read = read_many(await read_body(request, ITEMS_MAX_BYTES), GivenPrice)
        made = await _made([each for each in read if isinstance(each, GivenPrice)], partial(_given, parts))
        return answer_many(read, made, {})

    return router


async def _given(parts: Parts, price: GivenPrice) -> Made | CadranError:
    try:
        judged = await parts.given.give(price)
    except (Invalid, NotFound) as error:
        return error
    return Made(judged.told.value if judged.told else "kept", f"{price.sku}@{price.competitor}")


class Which(msgspec.Struct, forbid_unknown_fields=True):
    """A pair by its names."""

    sku: str
    competitor: str


def _reading_routes(parts: Parts) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["readings"])
    reads = [Depends(require(parts.keys, Scope.READ_PRICES))]
    writes = [Depends(require(parts.keys, Scope.WRITE_PRICES))]

    @router.get("/pages", summary="Where pairs stand, those that are read next first", dependencies=reads)
    async def pages(
        limit: Annotated[int, Query(ge=1, le=1000)] = 100, offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0
    ) -> Response:
        found = await parts.database.read(partial(store.pages_by_due, limit=limit, offset=offset))
        return json_response(PagesAnswer([page_answer(page) for page in found]))

    @router.get("/explain", summary="Why a competitor's price is believed, or not", dependencies=reads)
    async def explain(
        sku: Annotated[str, Query(max_length=200)], competitor: Annotated[str, Query(max_length=200)]
    ) -> Response:
        return json_response(await parts.database.read(partial(_explained, sku=sku, competitor=competitor)))

    @router.post(
        "/pages/read",
        status_code=202,
        summary="Read a page as soon as its host's turn comes",
        dependencies=writes,
        openapi_extra=json_body(Which, {"sku": "LAMP-01", "competitor": "northlight"}),
    )
    async def read_now(request: Request) -> Response:
        which = read_one(await read_body(request, 10_000), Which)
        await parts.scheduler.read_soon(which.sku, which.competitor)
        return Response(status_code=202)

    return router


def _explained(connection: Connection, sku: str, competitor: str) -> ExplainAnswer:
    pair = find(connection, sku, competitor)
    readings = reading_store.last_readings(connection, pair.state.pair_id, READINGS_SHOWN)
    return explain_answer(pair, readings, reading_store.evidence_of(connection, pair.state))


_EXAMPLE = {
    "sku": "LAMP-01",
    "name": "Oak desk lamp",
    "own_price": "129.00",
    "currency": "EUR",
    "competitors": [
        {"competitor": "northlight", "page": "https://northlight.example/lamp", "locale": "fr-FR", "interval": "6h"}
    ],
}
_GIVEN = {"sku": "LAMP-01", "competitor": "northlight", "price": "119.90", "currency": "EUR", "stock": "in_stock"}
