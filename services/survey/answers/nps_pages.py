"""The pages of the NPS form. Opening a link never answers: mail scanners open links too."""

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.common.errors import Unavailable
from services.common.form_bodies import read_fields
from services.survey.answers.forms import NpsForm, read_nps
from services.survey.answers.service import Surveys
from services.survey.fields import read_score
from services.survey.form_pages import closed_page, form_page
from services.survey.pages import Pages
from services.survey.records import Closed, Standing


class NpsPages:
    """The form, and what is shown in its place."""

    def __init__(self, surveys: Surveys, pages: Pages) -> None:
        self._surveys = surveys
        self._pages = pages

    async def show(self, request: Request, token: str) -> Response:
        invitation, standing = await self._surveys.find(token)
        language = self._pages.language(request, invitation.language)
        if standing is not Standing.OPEN:
            return self._closed(request, language, standing)
        if request.method == "GET" and not _is_prefetch(request):
            await self._surveys.opened(invitation)
        chosen = read_score(request.query_params.get("score", ""))
        return self._form(request, language, NpsForm(chosen, "", False))

    async def take(self, request: Request, token: str) -> Response:
        language = self._pages.language(request)  # the form says in which it was shown
        given = read_nps(await read_fields(request))
        if given.score is None or given.wrong:
            _, standing = await self._surveys.find(token)
            if standing is not Standing.OPEN:
                return self._closed(request, language, standing)
            return self._form(request, language, given, 422)
        try:
            await self._surveys.answer(token, given.score, given.comment, given.may_call, language)
        except Closed as closed:
            return self._closed(request, language, closed.standing)
        except Unavailable as error:
            return self._form(request, language, given, error.status)
        return RedirectResponse(f"{request.url.path}/thanks?lang={language}", 303)

    async def thank(self, request: Request, token: str) -> Response:
        invitation, standing = await self._surveys.find(token)
        language = self._pages.language(request, invitation.language)
        if standing is not Standing.ANSWERED:
            return RedirectResponse(f"/nps/{token}?lang={language}", 303)
        return self._pages.html(request, "thanks.html", language)

    def _form(self, request: Request, language: str, form: NpsForm, status: int = 200) -> HTMLResponse:
        return form_page(self._pages, request, "nps.html", language, form, status)

    def _closed(self, request: Request, language: str, standing: Standing) -> HTMLResponse:
        return closed_page(self._pages, request, language, standing)


def _is_prefetch(request: Request) -> bool:
    """Does a browser only make ready for a click? Newer ones say so by `Sec-Purpose`, older ones by `Purpose`."""
    return "prefetch" in request.headers.get("sec-purpose", request.headers.get("purpose", ""))
