"""Signing in to read what was written, and out again."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.common.errors import Forbidden, TooManyRequests, Unauthenticated
from services.common.form_bodies import read_fields, same_site
from services.common.http import address_of
from services.common.logging import get_logger
from services.survey.pages import Pages
from services.survey.sessions import Sessions

log = get_logger(__name__)

VERBATIMS = "/verbatims"
"""What customers write; all pages for who signs in lie below."""
TEAM = f"{VERBATIMS}/team"
"""What a team writes. Who had to sign in first (`?to=team`) comes back to it."""
SIGN_IN = f"{VERBATIMS}/sign-in"


def sign_in_routes(sessions: Sessions, pages: Pages) -> APIRouter:
    router = APIRouter(prefix=VERBATIMS, include_in_schema=False)

    @router.get("/sign-in")
    async def ask(request: Request) -> Response:
        return pages.html(request, "sign_in.html", pages.language(request), fault="")

    @router.post("/sign-in", dependencies=[Depends(same_site)])
    async def sign_in(request: Request) -> Response:
        language = pages.language(request)
        fields = await read_fields(request)
        wanted = TEAM if request.query_params.get("to") == "team" else VERBATIMS
        inside = RedirectResponse(f"{wanted}?lang={language}", 303)
        try:
            key = sessions.begin(inside, fields.get("key", "").strip(), address_of(request))
        except (Unauthenticated, Forbidden, TooManyRequests) as error:
            log.warning("signing in was refused", reason=error.code)
            return pages.html(request, "sign_in.html", language, error.status, fault=error.code)
        log.info("signed in", key=key.id)
        return inside

    @router.post("/sign-out", dependencies=[Depends(same_site)])
    async def sign_out(request: Request) -> Response:
        outside = RedirectResponse(f"{SIGN_IN}?lang={pages.language(request)}", 303)
        sessions.end(outside)
        return outside

    return router
