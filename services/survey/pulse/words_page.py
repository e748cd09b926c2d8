"""`/verbatims/team`: what a team wrote in closed rounds, for who is named as its reader. Every look is on record."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from babel.dates import format_date
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.common.logging import get_logger
from services.survey.pages import Pages
from services.survey.pulse.service import Pulse
from services.survey.sessions import Sessions
from services.survey.sign_in_pages import SIGN_IN, TEAM

log = get_logger(__name__)


def words_routes(pulse: Pulse, sessions: Sessions, pages: Pages, readers: Mapping[str, Sequence[str]]) -> APIRouter:
    """`readers`: of each team, the ids of the keys that may read its words."""
    router = APIRouter(include_in_schema=False)

    @router.get(TEAM)
    async def read(request: Request) -> Response:
        language = pages.language(request)
        key = sessions.current(request)
        if key is None:
            return RedirectResponse(f"{SIGN_IN}?to=team&lang={language}", 303)
        teams = sorted(team for team, ids in readers.items() if key.id in ids)
        asked = request.query_params.get("team", "")
        team = asked if asked in teams else next(iter(teams), None)
        words = [] if team is None else await pulse.comments(team)
        log.info("a team's words were read", key=key.id, team=team, shown=len(words))
        rounds = [
            (format_date(opened_on, "long", language), [text for _, text in own])
            for opened_on, own in groupby(words, key=itemgetter(0))
        ]
        return pages.html(request, "team_words.html", language, teams=teams, team=team, rounds=rounds)

    return router
