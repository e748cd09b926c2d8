"""The service's HTTP interface: pages for people, `/v1` for programs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.exceptions import HTTPException

from services.common.auth import KeyRing
from services.common.errors import CadranError, NotFound
from services.common.http import Check, install_error_handlers, install_health, problem_response
from services.common.logging import get_logger
from services.common.windows import Clock
from services.survey.branding import Branding
from services.survey.contacts import contact_routes
from services.survey.invitations import invitation_routes
from services.survey.inviter import Inviter
from services.survey.links import Links
from services.survey.nps import nps_routes
from services.survey.pages import Pages
from services.survey.pulse.form_routes import pulse_form_routes
from services.survey.pulse.service import Pulse
from services.survey.service import Surveys
from services.survey.unsubscribe import unsubscribe_routes

log = get_logger(__name__)

HERE = Path(__file__).parent

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Referrer-Policy": "no-referrer",  # a link is a key: it must not travel
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


class Parts(NamedTuple):
    """What the interface is made of."""

    surveys: Surveys
    pulse: Pulse
    inviter: Inviter
    links: Links
    pages: Pages
    brand: Branding
    keys: KeyRing
    clock: Clock
    registry: CollectorRegistry
    checks: dict[str, Check]


def create_app(parts: Parts, lifespan: Callable[[FastAPI], Any]) -> FastAPI:
    """The survey service's app."""
    app = FastAPIOffline(
        title="Cadran surveys",
        summary="Who is asked, and what they answer.",
        version="1",
        lifespan=lifespan,
    )
    install_error_handlers(app)
    install_error_pages(app, parts.pages)
    install_health(app, parts.checks)
    app.include_router(invitation_routes(parts.inviter, parts.links, parts.keys, parts.clock))
    app.include_router(contact_routes(parts.inviter, parts.keys))
    app.include_router(nps_routes(parts.surveys, parts.pages))
    app.include_router(pulse_form_routes(parts.pulse, parts.pages))
    app.include_router(unsubscribe_routes(parts.inviter, parts.links, parts.pages))
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    _install_brand(app, parts.brand)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(parts.registry), media_type=CONTENT_TYPE_LATEST)

    @app.middleware("http")
    async def secure(request: Request, call_next: Callable[[Request], Any]) -> Response:
        response: Response = await call_next(request)
        if not request.url.path.startswith(("/docs", "/redoc", "/static-offline-docs")):
            for name, value in SECURITY_HEADERS.items():
                response.headers.setdefault(name, value)
        return response

    return app


def install_error_pages(app: FastAPI, pages: Pages) -> None:
    """What goes wrong is told to a program as a problem document, to a person as a page in their language."""

    def told(request: Request, error: CadranError) -> Response:
        if request.url.path.startswith("/v1/"):
            return problem_response(error)
        return pages.html(request, "fault.html", pages.language(request), error.status, error=error)

    @app.exception_handler(CadranError)
    async def deliberate(request: Request, error: CadranError) -> Response:
        return told(request, error)

    @app.exception_handler(HTTPException)
    async def routing(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            return told(request, NotFound(f"nothing is at {request.url.path}", mend="see /docs for the paths"))
        return Response(error.detail, error.status_code, headers=dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        log.error("unforeseen error", route=_route(request), exc_info=error)
        return told(request, CadranError("an internal error; it was logged", mend="try again later"))


def _route(request: Request) -> str:
    """The path without its token: a link is a key, and no log may hold it."""
    return str(getattr(request.scope.get("route"), "path", "unknown"))


def _install_brand(app: FastAPI, brand: Branding) -> None:
    @app.get("/brand.css", include_in_schema=False)
    async def css() -> Response:
        return Response(f":root {{ --brand: {brand.colour}; }}\n", media_type="text/css")

    @app.get("/brand-logo", include_in_schema=False)
    async def logo() -> Response:
        return FileResponse(brand.logo or HERE / "static" / "cadran.svg")
