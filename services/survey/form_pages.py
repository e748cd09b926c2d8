"""What the pages of every form have in common: the form as it was filled in, and what is shown in its place."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from services.common.form_bodies import same_site
from services.survey.fields import SCORES, Wrong
from services.survey.pages import Pages
from services.survey.records import COMMENT_MAX, Standing

_STATUS = {Standing.ANSWERED: 409, Standing.WITHDRAWN: 410, Standing.EXPIRED: 410}


class FormPages(Protocol):
    """The pages of one form, each by the token of a link."""

    async def show(self, request: Request, token: str) -> Response: ...

    async def take(self, request: Request, token: str) -> Response: ...

    async def thank(self, request: Request, token: str) -> Response: ...


def form_routes(prefix: str, form: FormPages) -> APIRouter:
    router = APIRouter(prefix=prefix, include_in_schema=False)
    router.add_api_route("/{token}", form.show, methods=["GET", "HEAD"])
    router.add_api_route("/{token}", form.take, methods=["POST"], dependencies=[Depends(same_site)])
    router.add_api_route("/{token}/thanks", form.thank, methods=["GET", "HEAD"])
    return router


class FilledIn(Protocol):
    """A form as it was filled in."""

    @property
    def wrong(self) -> Sequence[Wrong]: ...


def form_page(
    pages: Pages, request: Request, template: str, language: str, form: FilledIn, status: int = 200, **values: object
) -> HTMLResponse:
    """The form as it was filled in; any status but 200 is why it is shown again."""
    return pages.html(
        request,
        template,
        language,
        status,
        fault=status,
        form=form,
        faults=defaultdict(str, {wrong.field: wrong.message for wrong in form.wrong}),
        scores=SCORES,
        comment_max=COMMENT_MAX,
        **values,
    )


def closed_page(pages: Pages, request: Request, language: str, standing: Standing) -> HTMLResponse:
    """What is shown in the place of a form that cannot be answered any more."""
    return pages.html(request, "closed.html", language, _STATUS[standing], standing=standing)
