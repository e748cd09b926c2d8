"""The board's pages: whole ones, and the stream that keeps them live."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

from babel.support import NullTranslations
from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined
from sse_starlette import EventSourceResponse, ServerSentEvent

from services.board.charts import sparkline
from services.board.formats import Formats
from services.board.service import BESIDE, CUTS, DIFFERENCES, WINDOWS, BoardService, View
from services.board.store import ChangeSignal
from services.common.errors import CadranError
from services.common.http import Check, install_error_handlers, install_health
from services.common.i18n import best_language
from services.common.logging import get_logger

log = get_logger(__name__)

HERE = Path(__file__).parent
PING_SECONDS = 10
LEAST_PAUSE, MOST_PAUSE = 0.5, 4.0
"""Seconds between two looks of a live page: as often as numbers change, and often enough to show how old they are."""

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Parts(NamedTuple):
    """What the pages are made of."""

    service: BoardService
    changes: ChangeSignal
    translations: Mapping[str, NullTranslations]
    default_language: str
    zone: ZoneInfo
    checks: dict[str, Check]


class Renderer:
    """Pages in every language."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._environments = {name: self._environment(name, texts) for name, texts in parts.translations.items()}

    def _environment(self, language: str, texts: NullTranslations) -> Environment:
        environment = Environment(
            loader=PackageLoader("services.board"),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.install_gettext_translations(texts, newstyle=True)  # type: ignore[attr-defined]
        environment.globals |= {
            "formats": Formats(language, self._parts.zone),
            "sparkline": sparkline,
            "windows": WINDOWS,
            "cuts": CUTS,
            "beside": BESIDE,
            "differences": DIFFERENCES,
        }
        return environment

    async def page(self, view: View, template: str) -> str:
        """A view as HTML; where the read API does not answer, what is old is said and not shown as new."""
        try:
            page, fault = await self._parts.service.page(view), None
        except CadranError as error:
            log.warning("nothing to show", error=error.message)
            page, fault = None, error
        now = datetime.now(self._parts.zone)
        return (
            self._environments[view.language].get_template(template).render(page=page, fault=fault, view=view, now=now)
        )


def create_app(parts: Parts, lifespan: Callable[[FastAPI], Any]) -> FastAPI:
    """The board's app."""
    app = FastAPI(title="Cadran board", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    install_error_handlers(app)
    install_health(app, parts.checks)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    renderer = Renderer(parts)

    @app.middleware("http")
    async def secure(request: Request, call_next: Callable[[Request], Any]) -> Response:
        response: Response = await call_next(request)
        response.headers.update(SECURITY_HEADERS)
        return response

    @app.get("/")
    async def board(
        request: Request,
        window: Annotated[str, Query()] = "mtd",
        by: Annotated[str, Query()] = "rep",
        lang: Annotated[str | None, Query()] = None,
    ) -> HTMLResponse:
        view = _view(parts, request, window, by, lang)
        return HTMLResponse(await renderer.page(view, "board.html"), headers={"Content-Language": view.language})

    @app.get("/live")
    async def live(
        request: Request, window: str = "mtd", by: str = "rep", lang: str | None = None
    ) -> EventSourceResponse:
        view = _view(parts, request, window, by, lang)
        # A ping that scripts hear: the page tells a quiet server from a lost one.
        return EventSourceResponse(
            _live(parts, renderer, view, request),
            ping=PING_SECONDS,
            ping_message_factory=lambda: ServerSentEvent(event="ping", data=""),
        )

    return app


def _view(parts: Parts, request: Request, window: str, by: str, lang: str | None) -> View:
    """What is asked for; what is not known is what is usual, as a page is no API."""
    accepted = request.headers.get("accept-language", "")
    best = best_language(accepted, parts.translations, parts.default_language)
    language = lang if lang is not None and lang in parts.translations else best
    return View(window if window in WINDOWS else "mtd", by if by in CUTS else "rep", language)


async def _live(parts: Parts, renderer: Renderer, view: View, request: Request) -> AsyncIterator[ServerSentEvent]:
    """The page's content whenever it changed."""
    before = ""
    while not await request.is_disconnected():
        seen = parts.changes.count
        content = await renderer.page(view, "content.html")
        if content != before:
            yield ServerSentEvent(event="content", data=content)
            before = content
        await asyncio.sleep(LEAST_PAUSE)
        await parts.changes.wait(seen, MOST_PAUSE)
