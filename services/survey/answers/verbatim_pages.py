"""`/verbatims`: what customers wrote, for who signs in with a key that may read it. Every look is on record."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.common.database import Database
from services.common.events.answers import ScoreClass
from services.common.logging import get_logger
from services.survey.answers import verbatims
from services.survey.answers.verbatims import Filter, Verbatim
from services.survey.pages import Pages
from services.survey.sessions import Sessions
from services.survey.sign_in_pages import SIGN_IN, VERBATIMS

log = get_logger(__name__)

PAGE = 20


def verbatim_routes(database: Database, sessions: Sessions, pages: Pages, zone: ZoneInfo) -> APIRouter:
    router = APIRouter(prefix=VERBATIMS, include_in_schema=False)

    @router.get("")
    async def read(request: Request) -> Response:
        language = pages.language(request)
        key = sessions.current(request)
        if key is None:
            return RedirectResponse(f"{SIGN_IN}?lang={language}", 303)
        wanted = read_filter(request.query_params)
        found = await database.read(lambda connection: verbatims.find(connection, wanted, PAGE + 1))
        touchpoints = await database.read(verbatims.touchpoints)
        log.info("verbatims were read", key=key.id, shown=len(found[:PAGE]))
        return pages.html(
            request,
            "verbatims.html",
            language,
            verbatims=found[:PAGE],
            older=_address(request, found[PAGE - 1]) if len(found) > PAGE else "",
            newest=_address(request) if wanted.before else "",
            wanted=wanted,
            classes=list(ScoreClass),
            touchpoints=touchpoints,
            when=lambda moment: _when(moment, zone, language),
        )

    return router


def read_filter(query: Mapping[str, str]) -> Filter:
    """What a query asks for; what is empty or not offered is not asked for."""
    score_class = query.get("class", "")
    return Filter(
        score_class=ScoreClass(score_class) if score_class in set(ScoreClass) else None,
        touchpoint=query.get("touchpoint") or None,
        before=query.get("before") or None,
    )


def _address(request: Request, before: Verbatim | None = None) -> str:
    """The same, from a verbatim on; or from the newest."""
    query = {name: value for name, value in request.query_params.items() if name != "before"}
    return f"?{urlencode(query if before is None else {**query, 'before': before.response_id})}"


def _when(moment: datetime, zone: ZoneInfo, language: str) -> str:
    local = moment.astimezone(zone)
    return f"{format_date(local, 'medium', language)}, {format_time(local, 'short', locale=language)}"
