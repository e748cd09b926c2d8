"""`/v1/invitations` and `/v1/opt-outs`: asking, by a program."""

from datetime import datetime

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.common.auth import KeyRing, Scope
from services.common.errors import CadranError, Invalid
from services.common.events.fields import Id, Name
from services.common.http import json_response, read_body, require
from services.common.json_bodies import ITEMS_MAX_BYTES, Made, answer_many, json_body, read_many, read_one
from services.common.mail.addresses import read_address
from services.common.windows import Clock
from services.survey.asking.inviter import Inviter
from services.survey.asking.people import AskedBefore, OptedOut
from services.survey.links import Links, Purpose
from services.survey.records import Asking, Email, Invitation, Standing

BODY_MAX_BYTES = 16 * 1024


class Asked(msgspec.Struct, omit_defaults=True):
    """An invitation that was made. The link, where it is not mailed, is a key to it: send it to that person alone."""

    id: str
    expires_at: datetime
    link: str | None = None


class Status(msgspec.Struct):
    """How far an invitation got. Nothing of the person is in it."""

    id: str
    touchpoint: Name
    standing: Standing
    created_at: datetime
    expires_at: datetime
    delivered_at: datetime | None
    bounced_at: datetime | None
    bounce: str | None
    opened_at: datetime | None
    answered_at: datetime | None


class OptingOut(msgspec.Struct, forbid_unknown_fields=True):
    """Who does not want to be asked."""

    email: Email | None = None
    customer_id: Id | None = None


def invitation_routes(inviter: Inviter, links: Links, keys: KeyRing, clock: Clock) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["invitations"], dependencies=[Depends(require(keys, Scope.WRITE_SURVEYS))])

    @router.post("/invitations", status_code=201, summary="Ask someone, by mail or by a link", openapi_extra=_ONE)
    async def invite(request: Request) -> Response:
        asking = read_one(await read_body(request, BODY_MAX_BYTES), Asking)
        invitation = await inviter.invite(asking)
        link = None if asking.is_by_mail else links.url(Purpose.NPS, invitation.id)
        return json_response(Asked(invitation.id, invitation.expires_at, link), 201)

    @router.post("/invitations/batch", summary="Ask up to 1,000 people by mail", openapi_extra=_MANY)
    async def invite_many(request: Request) -> Response:
        read = [_only_by_mail(each) for each in read_many(await read_body(request, ITEMS_MAX_BYTES), Asking)]
        made = await inviter.invite_all([each for each in read if isinstance(each, Asking)])
        return answer_many(read, [_made(each) for each in made], {AskedBefore: "not_asked", OptedOut: "not_asked"})

    @router.get("/invitations/{invitation_id}", summary="How far an invitation got")
    async def status(invitation_id: str) -> Response:
        found = await inviter.find(invitation_id)
        fields = {name: getattr(found, name) for name in Status.__struct_fields__ if hasattr(found, name)}
        told = {**fields, "touchpoint": found.about.touchpoint, "standing": found.standing(clock())}
        return json_response(Status(**told))

    @router.post("/invitations/{invitation_id}/withdraw", status_code=204, summary="Make a link good for nothing")
    async def withdraw(invitation_id: str) -> Response:
        await inviter.withdraw(invitation_id)
        return Response(status_code=204)

    @router.post("/invitations/{invitation_id}/bounced", status_code=204, summary="Tell that it came back")
    async def bounced(invitation_id: str) -> Response:
        await inviter.bounced(invitation_id)
        return Response(status_code=204)

    @router.post("/opt-outs", status_code=204, summary="Never ask someone again", openapi_extra=_OPT_OUT)
    async def opt_out(request: Request) -> Response:
        who = read_one(await read_body(request, BODY_MAX_BYTES), OptingOut)
        if who.email is None and who.customer_id is None:
            raise Invalid("is missing", field="email", mend="send `email`, `customer_id`, or both")
        await inviter.opt_out(None if who.email is None else read_address(who.email), who.customer_id)
        return Response(status_code=204)

    return router


def _only_by_mail(asking: Asking | Invalid) -> Asking | Invalid:
    """Links are handed out one by one: where an answer is lost, nobody would know whose they were."""
    if isinstance(asking, Asking) and not asking.is_by_mail:
        return Invalid("a batch asks by mail", field="email", mend="send `email`, or a `customer_id` with `by: mail`")
    return asking


def _made(made: Invitation | CadranError) -> Made | CadranError:
    return Made("invited", made.id) if isinstance(made, Invitation) else made


_ONE = json_body(
    Asking,
    {"touchpoint": "delivery", "customer_id": "C-1", "channel": "online", "by": "link", "language": "fr"},
)
_MANY = json_body(list[Asking], [{"touchpoint": "delivery", "email": "anna@example.org"}])
_OPT_OUT = json_body(OptingOut, {"email": "anna@example.org"})
