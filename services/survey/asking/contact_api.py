"""`/v1/contacts`: who can be written to."""

from fastapi import APIRouter, Depends, Request, Response

from services.common.auth import KeyRing, Scope
from services.common.http import read_body, require
from services.common.json_bodies import ITEMS_MAX_BYTES, Made, answer_many, json_body, read_many
from services.survey.asking.inviter import Inviter
from services.survey.records import Contact


def contact_routes(inviter: Inviter, keys: KeyRing) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["contacts"], dependencies=[Depends(require(keys, Scope.WRITE_SURVEYS))])

    @router.put(
        "/contacts", summary="Keep up to 1,000 contacts; those that are there are replaced", openapi_extra=_MANY
    )
    async def keep(request: Request) -> Response:
        read = read_many(await read_body(request, ITEMS_MAX_BYTES), Contact)
        faults = await inviter.keep_contacts([each for each in read if isinstance(each, Contact)])
        return answer_many(read, [fault or Made("kept") for fault in faults], {})

    return router


_MANY = json_body(
    list[Contact],
    [{"customer_id": "C-1", "email": "anna@example.org", "name": "Anna Li", "language": "fr"}],
)
