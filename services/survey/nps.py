"""The pages of the NPS form. Opening a link never answers: mail scanners open links too."""

from collections import defaultdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.survey.forms import SCORES, NpsForm, read_nps, read_score
from services.survey.pages import Pages
from services.survey.records import COMMENT_MAX, Standing
from services.survey.requests import read_fields, same_site
from services.survey.service import Closed, Surveys

_STATUS = {Standing.ANSWERED: 409, Standing.WITHDRAWN: 410, Standing.EXPIRED: 410}


class NpsPages:
    """The form, and what is shown in its place."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def form(self, request: Request, language: str, form: NpsForm) -> HTMLResponse:
        return self._pages.html(
            request,
            "nps.html",
            language,
            422 if form.wrong else 200,
            form=form,
            faults=defaultdict(str, {wrong.field: wrong.message for wrong in form.wrong}),
            scores=SCORES,
            comment_max=COMMENT_MAX,
        )

    def closed(self, request: Request, language: str, standing: Standing) -> HTMLResponse:
        return self._pages.html(request, "closed.html", language, _STATUS[standing], standing=standing)


def nps_routes(surveys: Surveys, pages: Pages) -> APIRouter:
    router = APIRouter(prefix="/nps", include_in_schema=False)
    shown = NpsPages(pages)

    @router.get("/{token}")
    async def form(request: Request, token: str, score: Annotated[str, Query(max_length=20)] = "") -> Response:
        invitation, standing = await surveys.find(token)
        language = pages.language(request, invitation.language)
        if standing is not Standing.OPEN:
            return shown.closed(request, language, standing)
        if "prefetch" not in request.headers.get("sec-purpose", ""):
            await surveys.opened(invitation)
        return shown.form(request, language, NpsForm(read_score(score), "", False))

    @router.post("/{token}", dependencies=[Depends(same_site)])
    async def answer(request: Request, token: str) -> Response:
        invitation, standing = await surveys.find(token)
        language = pages.language(request, invitation.language)
        if standing is not Standing.OPEN:
            return shown.closed(request, language, standing)
        given = read_nps(await read_fields(request))
        if given.score is None or given.wrong:
            return shown.form(request, language, given)
        try:
            await surveys.answer(invitation, given.score, given.comment, given.may_call, language)
        except Closed as closed:
            return shown.closed(request, language, closed.standing)
        return RedirectResponse(f"{request.url.path}/thanks?lang={language}", 303)

    @router.get("/{token}/thanks")
    async def thanks(request: Request, token: str) -> Response:
        invitation, _ = await surveys.find(token)
        return pages.html(request, "thanks.html", pages.language(request, invitation.language))

    return router
