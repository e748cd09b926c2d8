"""The pages of the pulse's form."""

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.common.errors import Unavailable
from services.common.form_bodies import read_fields
from services.survey.form_pages import closed_page, form_page
from services.survey.pages import Pages
from services.survey.pulse.forms import TEXTS, PulseForm, read_pulse
from services.survey.pulse.service import Pulse
from services.survey.records import Closed, Standing


class PulsePages:
    """The form, and what is shown in its place."""

    def __init__(self, pulse: Pulse, pages: Pages) -> None:
        self._pulse = pulse
        self._pages = pages

    async def show(self, request: Request, token: str) -> Response:
        try:
            ticket, standing = await self._pulse.find(token)
        except Closed as closed:
            return self._closed(request, self._pages.language(request), closed.standing)
        language = self._pages.language(request, ticket.language)
        if standing is not Standing.OPEN:
            return self._closed(request, language, standing)
        return self._form(request, language, PulseForm())

    async def take(self, request: Request, token: str) -> Response:
        language = self._pages.language(request)  # the form says in which it was shown
        given = read_pulse(await read_fields(request))
        try:
            ticket, standing = await self._pulse.find(token)
            if given.wrong and standing is Standing.OPEN:
                return self._form(request, language, given, 422)
            await self._pulse.answer(ticket, given.scores, given.comment)
        except Closed as closed:
            return self._closed(request, language, closed.standing)
        except Unavailable as error:
            return self._form(request, language, given, error.status)
        return RedirectResponse(f"{request.url.path}/thanks?lang={language}", 303)

    async def thank(self, request: Request, token: str) -> Response:
        return self._pages.html(request, "thanks.html", self._pages.language(request))

    def _form(self, request: Request, language: str, form: PulseForm, status: int = 200) -> HTMLResponse:
        return form_page(self._pages, request, "pulse.html", language, form, status, questions=TEXTS)

    def _closed(self, request: Request, language: str, standing: Standing) -> HTMLResponse:
        return closed_page(self._pages, request, language, standing)
