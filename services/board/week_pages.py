"""The week as a page to print, and as a PDF: what the weekly letter tells, of any week that is over."""

import asyncio
from datetime import date
from typing import NamedTuple

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from services.board.access import Access
from services.board.letter.reading import WeekReader
from services.board.letter.story import Story
from services.board.letter.weeks import last_whole_week, whole_week
from services.board.letter.writing import WeekWriter
from services.board.rendering import Renderer
from services.board.sessions import Sessions, signed_in
from services.common.errors import Forbidden, Malformed


class Weeks(NamedTuple):
    """Where weeks are read, and how they are written."""

    reader: WeekReader
    writer: WeekWriter


def week_routes(weeks: Weeks, sessions: Sessions, renderer: Renderer) -> APIRouter:
    """`ending` is any day of the week; left out, it is the last whole one."""
    router = APIRouter(include_in_schema=False)

    async def story(request: Request) -> Story:
        if not Access.of(signed_in(request, sessions)).sees_week:
            raise Forbidden("the week is told to directors", mend="look at your own numbers on the board")
        today = weeks.reader.today()
        asked = request.query_params.get("ending")
        return await weeks.reader.read(whole_week(_day(asked), today) if asked else last_whole_week(today))

    @router.get("/week")
    async def page(request: Request) -> Response:
        language = renderer.language(request)
        html = await asyncio.to_thread(weeks.writer.page, await story(request), language)
        return HTMLResponse(html, headers={"Content-Language": language})

    @router.get("/week.pdf")
    async def pdf(request: Request) -> Response:
        told, language = await story(request), renderer.language(request)
        made = await asyncio.to_thread(weeks.writer.pdf, told, language)
        headers = {
            "Content-Disposition": f'inline; filename="cadran-{told.week.name}.pdf"',
            "Content-Language": language,
        }
        return Response(made, media_type="application/pdf", headers=headers)

    return router


def _day(asked: str) -> date:
    try:
        return date.fromisoformat(asked)
    except ValueError:
        raise Malformed("is no day", field="ending", mend="write it as 2026-11-22") from None
