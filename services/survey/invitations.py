"""`/v1/invitations`: asking, by a program."""

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.common.auth import KeyRing, Scope
from services.common.errors import Malformed
from services.common.events.explain import explain
from services.common.http import json_response, read_body, require
from services.survey.records import About
from services.survey.service import Surveys

BODY_MAX_BYTES = 16 * 1024

Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2}$", description="An ISO 639-1 code.", examples=["fr"])]


class Asking(About, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Whom to ask about what."""

    language: Language | None = None


class Asked(msgspec.Struct):
    """An invitation that was made. The link is a key to it: send it to that person alone."""

    id: str
    link: str
    expires_at: datetime


def invitation_routes(surveys: Surveys, keys: KeyRing) -> APIRouter:
    router = APIRouter(
        prefix="/v1/invitations", tags=["invitations"], dependencies=[Depends(require(keys, Scope.WRITE_SURVEYS))]
    )

    @router.post("", status_code=201, summary="Make an invitation, and send its link yourself", openapi_extra=_BODY)
    async def invite(request: Request) -> Response:
        asking = read_asking(await read_body(request, BODY_MAX_BYTES))
        about = About(**{name: getattr(asking, name) for name in About.__struct_fields__})
        invitation, link = await surveys.invite(about, asking.language)
        return json_response(Asked(invitation.id, link, invitation.expires_at), 201)

    @router.post("/{invitation_id}/withdraw", status_code=204, summary="Make a link good for nothing")
    async def withdraw(invitation_id: str) -> Response:
        await surveys.withdraw(invitation_id)
        return Response(status_code=204)

    return router


def read_asking(body: bytes) -> Asking:
    """Read a request.

    :raises Malformed: when it is no JSON.
    :raises Invalid: naming the field, and the mend.
    """
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise explain(error, Asking, "") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"no JSON: {error}", mend="send a JSON object in UTF-8") from None


_decoder = msgspec.json.Decoder(Asking)
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object", "required": ["touchpoint"]},
                "example": {"touchpoint": "delivery", "customer_id": "C-1", "channel": "online", "language": "fr"},
            }
        },
    }
}
