"""The board over HTTP: its pages, and the streams that keep them live."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from sse_starlette import EventSourceResponse, ServerSentEvent

from services.board.access import Access
from services.board.direction import DirectionPage
from services.board.live import Live
from services.board.oidc import Oidc, oidc_routes
from services.board.rendering import Page, Renderer, View
from services.board.sessions import Sessions
from services.board.sign_in_pages import sign_in_routes, to_sign_in
from services.board.store import ChangeSignal
from services.board.users import User, Users
from services.common.errors import CadranError, Unauthenticated
from services.common.http import Check, install_error_handlers, install_health
from services.common.secure_headers import SecureHeaders

HERE = Path(__file__).parent
PING_SECONDS = 10

PAGES: dict[str, Page] = {
    "/": DirectionPage(),
}


class Parts(NamedTuple):
    """What the pages are made of."""

    changes: ChangeSignal
    renderer: Renderer
    users: Users
    sessions: Sessions
    oidc: Oidc | None
    checks: dict[str, Check]


def create_app(parts: Parts, lifespan: Callable[[FastAPI], Any]) -> FastAPI:
    """The board's app."""
    app = FastAPI(title="Cadran board", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    def tell(request: Request, error: CadranError) -> Response:
        """Who must sign in is led to the door; anything else is a page that says what is wrong, and what to do."""
        if isinstance(error, Unauthenticated) and request.method == "GET":
            return to_sign_in(request, to=str(request.url.replace(scheme="", netloc="")))
        language = parts.renderer.language(request)
        return HTMLResponse(parts.renderer.text("fault.html", language, fault=error), error.status)

    install_error_handlers(app, tell)
    install_health(app, parts.checks)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.add_middleware(SecureHeaders)
    has_other_way = parts.oidc is not None
    app.include_router(sign_in_routes(parts.users, parts.sessions, parts.renderer, has_other_way=has_other_way))
    if parts.oidc is not None:
        app.include_router(oidc_routes(parts.oidc, parts.users, parts.sessions))
    app.include_router(_pages(parts))
    return app


def _pages(parts: Parts) -> APIRouter:
    """Every page at its path, and below /live what keeps it live."""
    router = APIRouter(include_in_schema=False)
    live: Live[View] = Live(parts.changes, parts.renderer.content)

    def add(path: str, page: Page) -> None:
        @router.get(path)
        async def whole(request: Request) -> Response:
            user = signed_in(request, parts.sessions)
            view = _view(parts, page, request, request.url.path, user)
            html = await parts.renderer.whole(view, request, user=user)
            return HTMLResponse(html, headers={"Content-Language": view.language})

        @router.get(f"/live{path}")
        async def stream(request: Request) -> EventSourceResponse:
            # A ping that scripts hear: the page tells a quiet server from a lost one.
            return EventSourceResponse(
                _events(parts, live, page, request),
                ping=PING_SECONDS,
                ping_message_factory=lambda: ServerSentEvent(event="ping", data=""),
            )

    for path, page in PAGES.items():
        add(path, page)
    return router


def signed_in(request: Request, sessions: Sessions) -> User:
    """Who is signed in.

    :raises Unauthenticated: when nobody is.
    """
    user = sessions.current(request)
    if user is None:
        raise Unauthenticated("nobody is signed in", mend="sign in")
    return user


def _view(parts: Parts, page: Page, request: Request, path: str, user: User) -> View:
    asked = page.asked(request.path_params, request.query_params)
    return View(page, path, asked, Access.of(user), parts.renderer.language(request))


async def _events(parts: Parts, live: Live[View], page: Page, request: Request) -> AsyncIterator[ServerSentEvent]:
    """What changes of a page, for as long as who asked is signed in as they were."""
    user = parts.sessions.current(request)
    if user is not None:
        view = _view(parts, page, request, request.url.path.removeprefix("/live"), user)
        async for event in live.follow(view):
            if parts.sessions.current(request) != user:
                break
            yield event
    yield ServerSentEvent(event="signed-out", data="")
