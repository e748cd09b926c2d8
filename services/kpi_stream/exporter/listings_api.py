"""The part of the read API that lists what was stated: `/v1/targets`, `/v1/promotions`, `/v1/reps`."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Response
from fastapi import Query as Parameter

from services.common.auth import KeyRing, Scope
from services.common.events.reference import Measure
from services.common.http import json_response, require
from services.common.windows import Period
from services.kpi_stream.exporter.listings import promotions, reps, targets
from services.kpi_stream.exporter.service import KpiService

MOST = 1000
"""Entries of a page."""

After = Annotated[str, Parameter(description="`next` of the page before")]
Limit = Annotated[int, Parameter(ge=1, le=MOST)]
T = TypeVar("T")


def listings_router(service: KpiService, keys: KeyRing) -> APIRouter:
    """The endpoints; all are sorted by what `next` names."""
    observatory, kpis = service.observatory, service.kpis
    router = APIRouter(prefix="/v1", tags=["statements"], dependencies=[Depends(require(keys, Scope.READ_KPIS))])

    @router.get("/targets", summary="Targets in force, with all that was stated of each, paged")
    async def list_targets(
        measure: Annotated[Measure | None, Parameter(description="A KPI")] = None,
        period: Period | None = None,
        first: Annotated[date | None, Parameter(alias="from", description="The earliest `starts_on`")] = None,
        after: After = "",
        limit: Limit = MOST,
    ) -> Response:
        moment = await observatory.look()
        stated = await observatory.reader.statements(moment.state)
        found = [
            target
            for target in targets(stated.get("target.set", {}), kpis, moment.world)
            if measure in (None, target.measure)
            and period in (None, target.period)
            and (first is None or first <= target.starts_on)
        ]
        return _page("targets", found, lambda target: target.subject, after, limit)

    @router.get("/promotions", summary="Promotions, with all that was stated of each, paged")
    async def list_promotions(after: After = "", limit: Limit = MOST) -> Response:
        moment = await observatory.look()
        stated = await observatory.reader.statements(moment.state)
        found = promotions(stated.get("promotion.set", {}), moment.world)
        return _page("promotions", found, lambda promotion: promotion.id, after, limit)

    @router.get("/reps", summary="Reps, with alias and team where they were stated, paged")
    async def list_reps(after: After = "", limit: Limit = MOST) -> Response:
        moment = await observatory.look()
        found = await observatory.read(reps(kpis, moment.world), moment)
        return _page("reps", found, lambda rep: rep.rep_id, after, limit)

    return router


def _page(name: str, found: Sequence[T], key: Callable[[T], str], after: str, limit: int) -> Response:
    """The entries that come after one; `next` begins the page that follows, and is null on the last."""
    left = [each for each in found if key(each) > after]
    page = left[:limit]
    return json_response({name: page, "next": key(page[-1]) if len(left) > limit else None})
