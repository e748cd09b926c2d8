"""`/promotions`: all of them, and a form that adds or changes one."""

from typing import NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.board.editing.desk import Desk, form_of
from services.board.editing.promotions import (
    FIELDS,
    NEW,
    Entry,
    Filled,
    counted_of,
    differences,
    draft,
    entries,
    fault_of,
    filled,
)
from services.board.editing.service import Counted, Draft, Overtaken
from services.board.editing.statements import event_id
from services.board.users import User
from services.common.errors import Invalid, NotFound
from services.common.events.reference import PromotionSet
from services.common.form_bodies import read_fields, same_site

PATH = "/promotions"
OVERTAKEN, TAKEN = "overtaken", "taken"
"""Faults beside those of a field: another statement was made meanwhile; there is a promotion with this id."""


class Opened(NamedTuple):
    """All promotions, the one that is looked at, if any, and what the read API knows."""

    all: list[Entry]
    one: Entry | None
    counted: Counted[PromotionSet]


def promotion_routes(desk: Desk) -> APIRouter:
    """Showing promotions, and saving one."""
    router = APIRouter(include_in_schema=False)

    @router.get(PATH)
    async def show(request: Request) -> Response:
        user = desk.editor(request)
        opened = await _open(desk, request, user)
        return await _page(desk, request, user, opened, filled(opened.one) if opened.one else NEW)

    @router.post(PATH, dependencies=[Depends(same_site)])
    async def save(request: Request) -> Response:
        user = desk.editor(request)
        fields = await read_fields(request)
        form = form_of(fields)
        opened = await _open(desk, request, user)
        if opened.one is not None:
            fields["id"] = opened.one.id
        sent = Filled({name: fields.get(name, "") for name in FIELDS}, fields.get("made_from", ""))
        try:
            event = draft(sent.texts, form, now=desk.clock(), zone=desk.zone)
        except Invalid as error:
            return await _page(desk, request, user, opened, sent._replace(faults=[fault_of(error.field)]), 422)
        try:
            async with desk.acting(user, "set a promotion", event.subject):
                await desk.editing.save(user.name, [Draft(event, sent.made_from)], opened.counted)
        except Overtaken as error:
            opened = await _open(desk, request, user)
            faulty = sent._replace(faults=[TAKEN])
            if opened.one is not None:
                faulty = sent._replace(faults=[OVERTAKEN], made_from=filled(opened.one).made_from)
            return await _page(desk, request, user, opened, faulty, error.status)
        query = {"id": event.subject, "saved": form, "lang": desk.renderer.language(request)}
        return RedirectResponse(f"{PATH}?{urlencode(query)}", 303)

    return router


async def _open(desk: Desk, request: Request, user: User) -> Opened:
    counted = counted_of(await desk.reader(user).stated("promotions"))
    counted |= {subject: [] for subject in await desk.editing.subjects("promotion") if subject not in counted}
    known = await desk.editing.statements("promotion", counted)
    found = entries(known, desk.clock(), desk.zone)
    asked = request.query_params.get("id")
    one = next((entry for entry in found if entry.id == asked), None)
    if asked is not None and one is None:
        raise NotFound(f"no promotion is called {asked!r}", mend="choose one of the list")
    return Opened(found, one, counted)


async def _page(desk: Desk, request: Request, user: User, opened: Opened, form: Filled, status: int = 200) -> Response:
    saved = request.query_params.get("saved", "")
    one = opened.one
    made = [each for each in one.statements if each.event_id == event_id("promotion", one.id, saved)] if one else []
    return desk.page(
        "promotions.html",
        request,
        user,
        status,
        entries=opened.all,
        one=one,
        filled=form,
        faults=len(form.faults),
        differences=differences,
        outcome=await desk.outcome(made),
    )
