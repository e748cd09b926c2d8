"""The pages of the pulse's form."""

from collections import defaultdict

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.survey.forms import SCORES
from services.survey.pages import Pages
from services.survey.pulse.forms import TEXTS, PulseForm, read_pulse
from services.survey.pulse.service import Pulse
from services.survey.records import COMMENT_MAX, Standing
from services.survey.requests import read_fields, same_site
from services.survey.service import Closed

_STATUS = {Standing.ANSWERED: 409, Standing.EXPIRED: 410}


class PulsePages:
    """The form, and what is shown in its place."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def form(self, request: Request, language: str, form: PulseForm) -> HTMLResponse:
        return self._pages.html(
            request,
            "pulse.html",
            language,
            422 if form.wrong else 200,
            form=form,
            faults=defaultdict(str, {wrong.field: wrong.message for wrong in form.wrong}),
            questions=TEXTS,
            scores=SCORES,
            comment_max=COMMENT_MAX,
        )

    def closed(self, request: Request, language: str, standing: Standing) -> HTMLResponse:
        return self._pages.html(request, "closed.html", language, _STATUS[standing], standing=standing)


def pulse_form_routes(pulse: Pulse, pages: Pages) -> APIRouter:
    router = APIRouter(prefix="/pulse", include_in_schema=False)
    shown = PulsePages(pages)

    @router.get("/{token}")
    async def form(request: Request, token: str) -> Response:
        try:
            ticket, standing = await pulse.find(token)
        except Closed as closed:
            return shown.closed(request, pages.language(request), closed.standing)
        language = pages.language(request, ticket.language)
        if standing is not Standing.OPEN:
            return shown.closed(request, language, standing)
        return shown.form(request, language, PulseForm())

    @router.post("/{token}", dependencies=[Depends(same_site)])
    async def answer(request: Request, token: str) -> Response:
        language = pages.language(request)
        try:
            ticket, _ = await pulse.find(token)
            language = pages.language(request, ticket.language)
            given = read_pulse(await read_fields(request))
            if given.wrong:
                return shown.form(request, language, given)
            await pulse.answer(ticket, given.scores, given.comment)
        except Closed as closed:
            return shown.closed(request, language, closed.standing)
        return RedirectResponse(f"{request.url.path}/thanks?lang={language}", 303)

    @router.get("/{token}/thanks")
    async def thanks(request: Request, token: str) -> Response:  # noqa: ARG001 - the ticket may be gone by now
        return pages.html(request, "thanks.html", pages.language(request))

    return router
