"""The board over HTTP: its pages, and the streams that keep them live."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CollectorRegistry
from sse_starlette import EventSourceResponse, ServerSentEvent

from services.board.alerts.form_pages import alert_routes
from services.board.alerts.page import AlertsPage
from services.board.alerts.watch import Alerts
from services.board.answers import Answers
from services.board.direction import DirectionPage
from services.board.downloads import DOWNLOADS, Download, file_name
from services.board.editing.desk import Desk
from services.board.editing.promotion_pages import promotion_routes
from services.board.editing.target_pages import target_routes
from services.board.explaining import ExplainPage
from services.board.live import Live
from services.board.oidc import Oidc, oidc_routes
from services.board.one_kpi import OneKpiPage
from services.board.read_api import ChangeSignal
from services.board.reader import Reader, access_of
from services.board.rendering import Page, Renderer, View
from services.board.reps import RepsPage
from services.board.sessions import Sessions, signed_in
from services.board.shares import Shares
from services.board.sign_in_pages import sign_in_routes, to_sign_in
from services.board.users import User, Users
from services.board.wall import WallPage
from services.board.week_pages import Weeks, week_routes
from services.common.errors import CadranError, Unauthenticated
from services.common.http import Check, install_error_handlers, install_health, install_metrics

HERE = Path(__file__).parent
PING_SECONDS = 10
PAGES_OF_ONE, WAITING_OF_ONE, STREAMS_OF_ONE = 3, 30, 60
"""Pages that are made at once for one person, those that wait, and those that are kept live for them."""

PAGES: dict[str, Page] = {
    "/": DirectionPage(),
    "/kpis/{kpi}": OneKpiPage(),
    "/explain/{kpi}": ExplainPage(),
    "/reps": RepsPage(),
    "/wall": WallPage(),
}


class Parts(NamedTuple):
    """What the pages are made of."""

    changes: ChangeSignal
    answers: Answers
    alerts: Alerts
    renderer: Renderer
    users: Users
    sessions: Sessions
    weeks: Weeks
    oidc: Oidc | None
    desk: Desk
    registry: CollectorRegistry
    checks: dict[str, Check]


def create_app(parts: Parts, lifespan: Callable[[FastAPI], Any]) -> FastAPI:
    """The board's app."""
    app = FastAPI(
        title="Cadran board",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # they would lead to whatever host a request names
    )

    def tell(request: Request, error: CadranError) -> Response:
        """Who must sign in is led to the door; anything else is a page that says what is wrong, and what to do."""
        if isinstance(error, Unauthenticated) and request.method == "GET":
            return to_sign_in(request, to=str(request.url.replace(scheme="", netloc="")))
        language = parts.renderer.language(request)
        return HTMLResponse(parts.renderer.text("fault.html", language, fault=error), error.status)

    install_error_handlers(app, tell, mend="go on from the board")
    install_health(app, parts.checks)
    install_metrics(app, parts.registry)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    has_other_way = parts.oidc is not None
    app.include_router(sign_in_routes(parts.users, parts.sessions, parts.renderer, has_other_way=has_other_way))
    if parts.oidc is not None:
        app.include_router(oidc_routes(parts.oidc, parts.users, parts.sessions))
    pages = Shares(PAGES_OF_ONE, WAITING_OF_ONE)
    app.include_router(week_routes(parts.weeks, parts.sessions, parts.renderer))
    app.include_router(_downloads(parts, pages))  # before the pages: no KPI is called `sales.csv`
    app.include_router(target_routes(parts.desk))
    app.include_router(promotion_routes(parts.desk))
    app.include_router(alert_routes(parts.desk))
    app.include_router(_pages(parts, pages))
    return app


def _pages(parts: Parts, pages: Shares) -> APIRouter:
    """Every page at its path, and below /live what keeps it live."""
    router = APIRouter(include_in_schema=False)
    live: Live[View] = Live(parts.changes, parts.renderer.live)
    streams = Shares(STREAMS_OF_ONE, waiting=0)

    def add(path: str, page: Page) -> None:
        @router.get(path)
        async def whole(request: Request) -> Response:
            user = signed_in(request, parts.sessions)
            async with pages.of(user.name):
                view = await _view(parts, page, request, request.url.path, user)
                html = await parts.renderer.whole(view, request, user)
            return HTMLResponse(html, headers={"Content-Language": view.language})

        @router.get(f"/live{path}")
        async def stream(request: Request) -> EventSourceResponse:
            user = parts.sessions.current(request)
            path = request.url.path.removeprefix("/live")
            view = await _view(parts, page, request, path, user) if user else None
            if user is not None and view is not None:
                live.require_room()
                async with pages.of(user.name), streams.of(user.name):
                    await parts.renderer.content(view)  # what is refused as a page is refused as a stream
            # A ping that scripts hear: the page tells a quiet server from a lost one.
            return EventSourceResponse(
                _events(parts, live, view, request, streams),
                ping=PING_SECONDS,
                ping_message_factory=lambda: ServerSentEvent(event="ping", data=""),
            )

    for path, page in {**PAGES, "/alerts": AlertsPage(parts.desk.currency)}.items():
        add(path, page)
    return router


def _downloads(parts: Parts, pages: Shares) -> APIRouter:
    """Every table as CSV."""
    router = APIRouter(include_in_schema=False)

    def add(path: str, download: Download) -> None:
        @router.get(path)
        async def table(kpi: str, request: Request) -> Response:
            user = signed_in(request, parts.sessions)
            async with pages.of(user.name):
                reader = Reader(parts.answers, parts.alerts, await access_of(user, parts.answers))
                text = await download(kpi, request.query_params, reader)
            headers = {"Content-Disposition": f'attachment; filename="{file_name(kpi, request.query_params)}"'}
            return Response(text, media_type="text/csv; header=present", headers=headers)

    for path, download in DOWNLOADS.items():
        add(path, download)
    return router


async def _view(parts: Parts, page: Page, request: Request, path: str, user: User) -> View:
    asked = page.asked(request.path_params, request.query_params)
    return View(page, path, asked, await access_of(user, parts.answers), parts.renderer.language(request))


async def _events(
    parts: Parts, live: Live[View], view: View | None, request: Request, streams: Shares
) -> AsyncIterator[ServerSentEvent]:
    """What changes of a page, for as long as who asked is signed in as they were, and may see the same."""
    yield ServerSentEvent(event="version", data=parts.renderer.version)
    user = parts.sessions.current(request)
    if user is not None and view is not None:
        async with streams.of(user.name):
            async for event in live.follow(view):
                user = parts.sessions.current(request)
                if user is None or await access_of(user, parts.answers) != view.access:
                    break
                yield event
    yield ServerSentEvent(event="signed-out", data="")
