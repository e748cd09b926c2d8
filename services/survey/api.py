"""The service's HTTP interface: pages for people, `/v1` for programs."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from services.common.audit import AuditLog
from services.common.auth import KeyRing
from services.common.database import Database
from services.common.errors import CadranError
from services.common.http import Check, Tell, install_error_handlers, install_health, install_metrics, problem_response
from services.common.openapi import PROBLEMS
from services.common.secure_headers import SecureHeaders
from services.common.windows import Clock
from services.survey.answers.nps_pages import NpsPages
from services.survey.answers.service import Surveys
from services.survey.answers.verbatim_pages import verbatim_routes
from services.survey.asking.contact_api import contact_routes
from services.survey.asking.invitation_api import invitation_routes
from services.survey.asking.inviter import Inviter
from services.survey.asking.unsubscribe_pages import unsubscribe_routes
from services.survey.branding import Branding
from services.survey.form_pages import form_routes
from services.survey.links import Links
from services.survey.pages import Pages
from services.survey.pulse.api import pulse_routes
from services.survey.pulse.pulse_pages import PulsePages
from services.survey.pulse.schedule import Schedule
from services.survey.pulse.service import Pulse
from services.survey.pulse.words_page import words_routes
from services.survey.sessions import Sessions
from services.survey.sign_in_pages import sign_in_routes

HERE = Path(__file__).parent


class Parts(NamedTuple):
    """What the interface is made of."""

    surveys: Surveys
    pulse: Pulse
    schedule: Schedule
    pulse_readers: Mapping[str, Sequence[str]]
    inviter: Inviter
    links: Links
    pages: Pages
    brand: Branding
    keys: KeyRing
    audit: AuditLog
    clock: Clock
    sessions: Sessions
    database: Database
    zone: ZoneInfo
    registry: CollectorRegistry
    checks: dict[str, Check]


def create_app(parts: Parts, lifespan: Callable[[FastAPI], Any]) -> ASGIApp:
    """The survey service's app."""
    app = FastAPIOffline(
        title="Cadran surveys",
        summary="Who is asked, and what they answer.",
        version="1",
        lifespan=lifespan,
        responses=PROBLEMS,
    )
    install_error_handlers(app, error_pages(parts.pages))
    install_health(app, parts.checks)
    app.include_router(invitation_routes(parts.inviter, parts.links, parts.keys, parts.clock))
    app.include_router(contact_routes(parts.inviter, parts.keys))
    app.include_router(form_routes("/nps", NpsPages(parts.surveys, parts.pages)))
    app.include_router(pulse_routes(parts.pulse, parts.schedule, parts.keys, parts.audit))
    app.include_router(form_routes("/pulse", PulsePages(parts.pulse, parts.pages)))
    app.include_router(unsubscribe_routes(parts.inviter, parts.links, parts.pages))
    app.include_router(sign_in_routes(parts.sessions, parts.pages))
    app.include_router(verbatim_routes(parts.database, parts.sessions, parts.pages, parts.zone))
    app.include_router(words_routes(parts.pulse, parts.sessions, parts.pages, parts.pulse_readers))
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    _install_brand(app, parts.brand)

    install_metrics(app, parts.registry)

    return SecureHeaders(app)  # around the framework: it answers internal errors outside of its own middlewares


def error_pages(pages: Pages) -> Tell:
    """What goes wrong is told to a program as a problem document, to a person as a page in their language."""

    def tell(request: Request, error: CadranError) -> Response:
        problem = problem_response(error)
        if request.url.path.startswith("/v1/"):
            return problem
        page = pages.html(request, "fault.html", pages.language(request), error.status, error=error)
        if "retry-after" in problem.headers:
            page.headers["Retry-After"] = problem.headers["retry-after"]
        return page

    return tell


def _install_brand(app: FastAPI, brand: Branding) -> None:
    @app.get("/brand.css", include_in_schema=False)
    async def css() -> Response:
        return Response(f":root {{ --brand: {brand.colour}; }}\n", media_type="text/css")

    @app.get("/brand-logo", include_in_schema=False)
    async def logo() -> Response:
        return FileResponse(brand.logo or HERE / "static" / "cadran.svg")
