"""The page by which someone says that they do not want to be asked; and RFC 8058, by which their mail program does.

Opening the link does nothing: mail scanners open links too. Sending the form does, from anywhere: who has the link may.
"""

from fastapi import APIRouter, Request, Response

from services.survey.asking.inviter import Inviter
from services.survey.links import Links, Purpose
from services.survey.pages import Pages


def unsubscribe_routes(inviter: Inviter, links: Links, pages: Pages) -> APIRouter:
    router = APIRouter(prefix="/unsubscribe", include_in_schema=False)

    @router.api_route("/{token}", methods=["GET", "HEAD"])
    async def ask(request: Request, token: str) -> Response:
        invitation = await inviter.find(links.read(Purpose.UNSUBSCRIBE, token))
        return pages.html(request, "unsubscribe.html", pages.language(request, invitation.language))

    @router.post("/{token}")
    async def opt_out(request: Request, token: str) -> Response:
        invitation = await inviter.find(links.read(Purpose.UNSUBSCRIBE, token))
        await inviter.opt_out(invitation.email, invitation.about.customer_id)
        return pages.html(request, "unsubscribed.html", pages.language(request, invitation.language))

    return router
