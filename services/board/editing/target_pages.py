"""`/targets`: the targets of one KPI and one period, filled in like a sheet."""

from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.board.editing.desk import Desk, form_of
from services.board.editing.service import Counted, Draft, Overtaken
from services.board.editing.targets import OVERTAKEN, Asked, Row, Sheet, asked_of, counted_of, members_of
from services.board.told import Answer
from services.board.users import User
from services.common.errors import Conflict, Malformed
from services.common.events.reference import TargetSet
from services.common.form_bodies import read_fields, same_site
from services.common.windows import Period

PATH = "/targets"
MOST_FIELDS = 4000
MOST_HISTORY = 100
EXAMPLES = {"ratio": Decimal("0.125")}
AN_EXAMPLE = Decimal("1234.5")


class Opened(NamedTuple):
    """A sheet, the KPI that it is of, all KPIs, and what the read API knows."""

    sheet: Sheet
    kpi: Answer
    kpis: list[Answer]
    counted: Counted[TargetSet]


def target_routes(desk: Desk) -> APIRouter:
    """Showing the sheet, and saving it."""
    router = APIRouter(include_in_schema=False)

    @router.get(PATH)
    async def show(request: Request) -> Response:
        user = desk.editor(request)
        opened = await _open(desk, request, user)
        return await _page(desk, request, user, opened, opened.sheet.rows())

    @router.post(PATH, dependencies=[Depends(same_site)])
    async def save(request: Request) -> Response:
        user = desk.editor(request)
        fields = await read_fields(request, MOST_FIELDS)
        form = form_of(fields)
        opened = await _open(desk, request, user)
        sheet, now = opened.sheet, desk.clock()
        _require_same(sheet.asked, request)
        if sheet.is_over(now):
            raise Conflict("this period is over, and keeps its targets", mend="set those of a period to come")
        made, faults = sheet.drafts(fields, form, now)
        if faults:
            rows = sheet.filled_in(fields, faults, anew=False)
            return await _page(desk, request, user, opened, rows, 422)
        try:
            async with desk.acting(user, "set targets", " ".join(_query(sheet.asked).values())):
                await desk.editing.save(user.name, [Draft(*each) for each in made], opened.counted)
        except Overtaken as error:
            opened = await _open(desk, request, user)
            ids = {opened.sheet.asked.subject(member.id): member.id for member in opened.sheet.members}
            rows = opened.sheet.filled_in(fields, {ids[subject]: OVERTAKEN for subject in error.subjects}, anew=True)
            return await _page(desk, request, user, opened, rows, error.status)
        query = {**_query(sheet.asked), "saved": form, "lang": desk.renderer.language(request)}
        return RedirectResponse(f"{PATH}?{urlencode(query)}", 303)

    return router


async def _open(desk: Desk, request: Request, user: User) -> Opened:
    reader = desk.reader(user)
    kpis = await reader.kpis()
    by_id = {kpi["id"]: kpi for kpi in kpis}
    today = desk.clock().astimezone(desk.zone).date()
    asked = asked_of(request.query_params, list(by_id), today)
    kpi = by_id[asked.measure]
    of = {"measure": asked.measure, "period": asked.period.value, "from": asked.previous.isoformat()}
    targets, reps = await reader.stated("targets", of), await reader.stated("reps")
    members, unit = members_of(kpi, reps, targets), desk.unit(kpi)
    counted = counted_of(asked, members, targets, unit)
    known = await desk.editing.statements("target", counted)
    sheet = Sheet(asked, unit, desk.renderer.language(request), desk.zone, members, known)
    return Opened(sheet, kpi, kpis, counted)


async def _page(
    desk: Desk, request: Request, user: User, opened: Opened, rows: list[Row], status: int = 200
) -> Response:
    sheet, now = opened.sheet, desk.clock()
    asked = sheet.asked
    return desk.page(
        "targets.html",
        request,
        user,
        status,
        kpi=opened.kpi,
        kpis=opened.kpis,
        asked=asked,
        periods=list(Period),
        is_over=sheet.is_over(now),
        today=now.astimezone(desk.zone).date(),
        rows=rows,
        sheet=sheet,
        example=sheet.example(EXAMPLES.get(sheet.unit, AN_EXAMPLE)),
        faults=sum(row.fault is not None for row in rows),
        can_copy=any(row.previous and not row.text for row in rows),
        proposed=sum(row.is_proposed for row in rows),
        history=sheet.history()[:MOST_HISTORY],
        most=MOST_HISTORY,
        outcome=await desk.outcome(sheet.made_by(request.query_params.get("saved", ""))),
        query=_query(asked),
    )


def _query(asked: Asked) -> dict[str, str]:
    return {"measure": asked.measure, "period": asked.period.value, "starts_on": asked.starts_on.isoformat()}


def _require_same(asked: Asked, request: Request) -> None:
    """What is saved is what was asked for: here nothing is made up for what is missing.

    :raises Malformed: when the address does not say which targets.
    """
    for name, value in _query(asked).items():
        if request.query_params.get(name) != value:
            raise Malformed("does not say which targets", field=name, mend="open the page anew and send its own form")
