"""`/alerts/{name}`: when people are told of a number, as a form."""

from typing import NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.board.alerts.cards import SPANS, Card, card
from services.board.alerts.form import (
    HOURS,
    SEVERITIES,
    Filled,
    changed,
    differences,
    fault_at,
    texts_of,
    typed,
)
from services.board.alerts.history import Line, lines
from services.board.editing.desk import Desk
from services.board.editing.values import Fault
from services.board.told import Answer
from services.board.users import User
from services.common.errors import CadranError, Conflict, Invalid, NotFound, Unavailable
from services.common.form_bodies import read_fields, same_site

PATH = "/alerts/{name}"


class Opened(NamedTuple):
    """An alert, and all that is told of alerts."""

    card: Card
    told: Answer

    def in_force(self, language: str) -> Filled:
        return Filled(texts_of(self.card.alert, self.card.judged, language), self.told["version"])


def alert_routes(desk: Desk) -> APIRouter:
    """Showing the form of an alert, and saving it."""
    router = APIRouter(include_in_schema=False)

    @router.get(PATH)
    async def show(name: str, request: Request) -> Response:
        user = desk.editor(request)
        opened = await _open_anew(desk, user, name)
        return await _page(desk, request, user, opened, opened.in_force(desk.renderer.language(request)))

    @router.post(PATH, dependencies=[Depends(same_site)])
    async def save(name: str, request: Request) -> Response:
        user, language = desk.editor(request), desk.renderer.language(request)
        fields = await read_fields(request)
        opened = await _open(desk, user, name)
        sent = Filled(typed(fields), fields.get("version", ""))
        made, faults = changed(sent.texts, opened.card.judged, language)
        if faults:
            return await _page(desk, request, user, opened, sent._replace(faults=faults), 422)
        others = {field: value for field, value in made.items() if value != opened.card.alert[field]}
        try:
            async with desk.acting(user, "change an alert", name):
                await desk.alerts.change(name, {"version": sent.version, **others}, user.name)
        except (Conflict, Invalid, Unavailable) as error:
            if isinstance(error, Conflict):
                opened = await _open_anew(desk, user, name)
            answered = _refused(sent, error, opened.in_force(language))
            if answered.faults or answered.stands:
                return await _page(desk, request, user, opened, answered, error.status)
        return RedirectResponse(f"/alerts/{name}?{urlencode({'saved': 'yes', 'lang': language})}", 303)

    return router


def _refused(sent: Filled, error: CadranError, stands: Filled) -> Filled:
    """A form that was not taken: made anew from what stands by now, where that is another version."""
    if isinstance(error, Conflict) and stands.version != sent.version:
        return stands._replace(texts=sent.texts, stands=differences(sent.texts, stands.texts))
    return sent._replace(faults={fault_at(error.field): f"{error.message} – {error.mend}"})


async def _open_anew(desk: Desk, user: User, name: str) -> Opened:
    await desk.alerts.renew()
    return await _open(desk, user, name)


async def _open(desk: Desk, user: User, name: str) -> Opened:
    reader = desk.reader(user)
    told = reader.alerts() or await desk.alerts.renew()
    alert = next((each for each in told.answer["alerts"] if each["name"] == name), None)
    if alert is None:
        raise NotFound(f"no alert is called {name!r}", mend="choose one of the board's alerts")
    return Opened(card(alert, await reader.kpi(alert["kpi"]), desk.currency), told.answer)


async def _history(desk: Desk, opened: Opened, language: str) -> list[Line] | None:
    """None while it is not told: a form that was filled in is shown without it."""
    try:
        return list(lines(await desk.alerts.history(opened.card.alert["name"]), language))
    except Unavailable:
        return None


async def _page(desk: Desk, request: Request, user: User, opened: Opened, form: Filled, status: int = 200) -> Response:
    language, judged = desk.renderer.language(request), opened.card.judged
    return desk.page(
        "alert_form.html",
        request,
        user,
        status,
        card=opened.card,
        told=opened.told,
        now=desk.clock(),
        filled=form,
        our_own=list(Fault),
        severities=SEVERITIES,
        all_hours=HOURS,
        spans=list(SPANS),
        example=judged.written(opened.card.alert["level"], language),
        history=await _history(desk, opened, language),
        is_saved="saved" in request.query_params and status == 200,
    )
