"""`/v1/connectors`: vendors' webhooks, and how each account stands."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from services.common.audit import AuditLog
from services.common.auth import KeyRing, Scope
from services.common.http import json_response, read_body, require, require_recorded
from services.common.json_bodies import json_body, read_one
from services.common.openapi import refusals
from services.common.windows import Clock
from services.ingest.connectors.accounts import Configured
from services.ingest.connectors.answers import (
    AccountAnswer,
    AccountsAnswer,
    DeliveriesAnswer,
    RedactionsAnswer,
    SyncAsked,
)
from services.ingest.connectors.asking.syncing import Syncing
from services.ingest.connectors.connector import Delivery
from services.ingest.connectors.service import Webhooks

SETUP_BYTES = 1000
MOST = 500

After = Annotated[int, Query(ge=0, description="The id of the last delivery that you have seen.")]
Limit = Annotated[int, Query(ge=1, le=MOST)]


def connector_routes(
    webhooks: Webhooks,
    syncing: Syncing,
    keys: KeyRing,
    audit: AuditLog,
    *,
    clock: Clock,
    public_url: str,
    max_bytes: int,
) -> APIRouter:
    """`public_url`: the gateway's address as vendors reach it; `max_bytes`: the largest delivery taken."""
    router = APIRouter(prefix="/v1", tags=["connectors"])
    router.include_router(_looking(webhooks, syncing, keys, audit, public_url))

    @router.post("/connectors/{vendor}/{account}/", include_in_schema=False)  # no vendor is sent elsewhere for a slash
    @router.post("/connectors/{vendor}/{account}", summary="A vendor's webhook", responses=_RESPONSES)
    async def take(vendor: str, account: str, request: Request) -> Response:
        url = f"{public_url}{request.scope['raw_path'].decode('ascii', 'replace')}"
        query = request.scope["query_string"].decode("ascii", "replace")
        delivery = Delivery(
            dict(request.headers), await read_body(request, max_bytes), f"{url}?{query}" if query else url, clock()
        )
        taken, acknowledgement = await webhooks.take(vendor, account, delivery)
        if acknowledgement.body:
            return Response(acknowledgement.body, media_type=acknowledgement.media_type)
        return json_response(taken)

    return router


def _looking(webhooks: Webhooks, syncing: Syncing, keys: KeyRing, audit: AuditLog, public_url: str) -> APIRouter:
    router = APIRouter()
    reads = [Depends(require(keys, Scope.READ_CONNECTORS))]
    writes = [require_recorded(keys, Scope.WRITE_CONNECTORS, audit)]

    async def answer(account: Configured) -> AccountAnswer:
        return AccountAnswer(
            vendor=account.vendor,
            account=account.name,
            url=f"{public_url}/v1/connectors/{account.vendor}/{account.name}",
            secret_file=account.words.secret_file,
            secrets=len(account.secrets()),
            can_sync=bool(account.connector.pages and account.token()),
            can_complete=bool(account.connector.fetch and account.token()),
            greeted_at=webhooks.greeted_at(account),
            unsigned=webhooks.unsigned(account),
            sync=await syncing.standing(account),
        )

    @router.get("/connectors", summary="The accounts, and how they stand", dependencies=reads)
    async def listed() -> Response:
        return json_response(AccountsAnswer([await answer(account) for account in webhooks.all()], webhooks.fault))

    @router.get("/connectors/redactions", summary="Demands to forget people", dependencies=reads)
    async def redactions(limit: Limit = 100) -> Response:
        return json_response(RedactionsAnswer(list(await webhooks.redactions(limit))))

    @router.get("/connectors/{vendor}/{account}", summary="One account", dependencies=reads)
    async def one(vendor: str, account: str) -> Response:
        return json_response(await answer(webhooks.account(vendor, account)))

    @router.get("/connectors/{vendor}/{account}/deliveries", summary="Its last deliveries", dependencies=reads)
    async def deliveries(vendor: str, account: str, after: After = 0, limit: Limit = 100) -> Response:
        found = await webhooks.deliveries(webhooks.account(vendor, account), after=after, limit=limit)
        return json_response(DeliveriesAnswer(list(found)))

    @router.post(
        "/connectors/{vendor}/{account}/sync",
        status_code=202,
        summary="Ask its vendor for everything that changed since a time",
        dependencies=writes,
        openapi_extra=_SYNC,
    )
    async def sync(vendor: str, account: str, request: Request) -> Response:
        asked = read_one(await read_body(request, SETUP_BYTES), SyncAsked)
        return json_response(await syncing.begin(webhooks.account(vendor, account), asked.since), 202)

    return router


_SYNC = json_body(SyncAsked, {"since": "2026-11-01T00:00:00+01:00"})
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "It is on the disk, or nothing is to be made of it: `outcome` says which, and why"},
    **refusals(
        {
            "401": "No such account, no secret, or not signed with it",
            "413": "Over the size limit",
            "503": "It cannot be written down now; see Retry-After",
        }
    ),
}
