"""`/v1/campaigns`: setting campaigns up, asking who is contacted, looking at how it stands."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.common.audit import AuditLog
from services.common.auth import KeyRing, Scope
from services.common.http import json_response, read_body, require, require_recorded
from services.common.json_bodies import json_body, read_one
from services.ingest import reading
from services.ingest.campaigns.answers import AssignmentsAnswer, AssignmentsPage, CampaignsAnswer
from services.ingest.campaigns.bodies import (
    CSV,
    HEADER,
    Asked,
    Customers,
    Named,
    checked,
    lines,
    read_customers,
    wants_table,
)
from services.ingest.campaigns.records import Assignment, Setup
from services.ingest.campaigns.service import Campaigns

SETUP_BYTES = 10_000
PAGE = 1000
NOT_STORED = {"Cache-Control": "no-store"}
"""An answer may be the draw itself, and is about a person."""

After = Annotated[str, Query(max_length=200, description="The last id of the page before.")]
Limit = Annotated[int, Query(ge=1, le=PAGE)]


def campaign_routes(campaigns: Campaigns, keys: KeyRing, audit: AuditLog, max_bytes: int) -> APIRouter:
    """`max_bytes`: the largest batch taken."""
    router = APIRouter(prefix="/v1", tags=["campaigns"])
    router.include_router(_setting_up(campaigns, keys, audit))
    router.include_router(_assigning(campaigns, keys, max_bytes))
    return router


def _setting_up(campaigns: Campaigns, keys: KeyRing, audit: AuditLog) -> APIRouter:
    router = APIRouter()
    writes = [require_recorded(keys, Scope.WRITE_CAMPAIGNS, audit)]
    reads = [Depends(require(keys, Scope.ASSIGN_CUSTOMERS))]

    # By two paths, so that any id is told what is wrong with it: the one takes line breaks, the other slashes.
    @router.put("/campaigns/{campaign_id:path}", include_in_schema=False, dependencies=writes)
    @router.put(
        "/campaigns/{campaign_id}",
        summary="Set a campaign up, or change the share of the draws to come",
        dependencies=writes,
        openapi_extra=_SETUP,
        responses=_SET_UP,
    )
    async def set_up(campaign_id: str, request: Request) -> Response:
        named = checked(Named, campaign_id=campaign_id)
        setup = read_one(await read_body(request, SETUP_BYTES), Setup)
        campaign, is_new = await campaigns.set_up(named.campaign_id, setup)
        return json_response(campaign, 201 if is_new else 200)

    @router.get("/campaigns", summary="Campaigns, by id, and how they stand", dependencies=reads)
    async def listed(after: After = "", limit: Limit = 100) -> Response:
        found = await campaigns.page(after=after, limit=limit)
        following = found[-1].campaign_id if len(found) == limit else ""
        return json_response(CampaignsAnswer(found, following))

    @router.get("/campaigns/{campaign_id}", summary="One campaign, and how it stands", dependencies=reads)
    async def one(campaign_id: str) -> Response:
        return json_response(await campaigns.one(campaign_id))

    return router


def _assigning(campaigns: Campaigns, keys: KeyRing, max_bytes: int) -> APIRouter:
    router = APIRouter(dependencies=[Depends(require(keys, Scope.ASSIGN_CUSTOMERS))])

    @router.get(
        "/campaigns/{campaign_id}/assignment",
        summary="Is this customer contacted? Drawn when first asked, and the same for ever after",
    )
    async def assignment(campaign_id: str, customer: str = "") -> Response:
        asked = checked(Asked, customer=customer)
        (drawn,) = await campaigns.assign(campaign_id, [asked.customer])
        answer = {"campaign_id": campaign_id, **msgspec.structs.asdict(drawn)}
        return _not_stored(answer)

    @router.post(
        "/campaigns/{campaign_id}/assignments",
        summary="The same for up to 10,000 customers, as JSON or CSV",
        openapi_extra=_CUSTOMERS,
        responses=_TABLE,
    )
    async def batch(campaign_id: str, request: Request) -> Response:
        customers = read_customers(request.headers, await read_body(request, max_bytes))
        drawn = await campaigns.assign(campaign_id, customers)
        if wants_table(request.headers):
            return Response(HEADER + lines(drawn), media_type=CSV, headers=NOT_STORED)
        return _not_stored(AssignmentsAnswer(campaign_id, drawn))

    @router.get(
        "/campaigns/{campaign_id}/assignments",
        summary="All that was drawn: in pages as JSON, or whole as CSV",
        responses=_TABLE,
    )
    async def assignments(campaign_id: str, request: Request, after: After = "", limit: Limit = PAGE) -> Response:
        if wants_table(request.headers):
            first = await campaigns.assignments(campaign_id, after=after, limit=PAGE)
            return StreamingResponse(_all_lines(campaigns, campaign_id, first), media_type=CSV, headers=NOT_STORED)
        drawn = await campaigns.assignments(campaign_id, after=after, limit=limit)
        following = drawn[-1].customer_id if len(drawn) == limit else ""
        return _not_stored(AssignmentsPage(campaign_id, drawn, following))

    return router


def _not_stored(content: object) -> Response:
    response = json_response(content)
    response.headers.update(NOT_STORED)
    return response


async def _all_lines(campaigns: Campaigns, campaign_id: str, page: list[Assignment]) -> AsyncIterator[str]:
    """The table from a page on. A fault on the way cuts the connection, so that nobody takes half of it for all."""
    yield HEADER + lines(page)
    while len(page) == PAGE:
        page = await campaigns.assignments(campaign_id, after=page[-1].customer_id, limit=PAGE)
        yield lines(page)


_SETUP = json_body(Setup, {"share": 0.9, "name": "Autumn letter"})
_SET_UP: dict[int | str, dict[str, Any]] = {
    200: {"description": "It was there"},
    201: {"description": "It is new"},
}
_TABLE: dict[int | str, dict[str, Any]] = {
    200: {"description": "As JSON, or as CSV where `Accept` asks for it", "content": {reading.JSON: {}, CSV: {}}}
}
_CUSTOMERS = json_body(Customers, {"customers": ["C-1", "C-2"]})
_CUSTOMERS["requestBody"]["content"][CSV] = {"schema": {"type": "string"}, "example": "customer_id\r\nC-1\r\nC-2\r\n"}
