"""What stands behind an engine's numbers: what the exporter tells, without Redis."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from typing import Any

from services.common.windows import days_window
from services.kpi_stream.exporter.answers import ExplainAnswer
from services.kpi_stream.exporter.explain import Explainer, Page
from services.kpi_stream.exporter.freshness import Freshness
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.folding import EntityName, Folder
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.cuts import ALL
from services.kpi_stream.kpis.world import World
from services.kpi_stream.state_version import StateVersion
from tests.support.engine import STATE, Engine
from tests.support.events import DECLARED

WHOLE = Page("", 1000)
FOLDER = Folder(all_kpis().values(), DECLARED)


class EngineReader:
    """Reads an engine's entities as the exporter reads those in Redis."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def entity_ids(self, state: StateVersion, kind: str, days: Sequence[int]) -> list[str]:
        return sorted(set().union(*(self._engine.index[kind, day] for day in days)))

    async def entities(
        self,
        state: StateVersion,
        names: Sequence[EntityName],
    ) -> AsyncIterator[tuple[EntityName, Any]]:
        for name in names:
            if name in self._engine.entities:
                yield name, self._engine.entities[name]


def explain(
    engine: Engine,
    here: World,
    kpi_id: str,
    between: tuple[date, date],
    *,
    by: str = "",
    member: str = "",
    settles: timedelta = timedelta(0),
    page: Page = WHOLE,
) -> ExplainAnswer:
    """What the read API tells of a number over days, both included."""
    kpi = all_kpis()[kpi_id]
    explainer = Explainer(EngineReader(engine), FOLDER, int(settles.total_seconds()))  # type: ignore[arg-type]
    query = Query(kpi, kpi.cut(by) or ALL, days_window(*between, here.calendar), {})
    return asyncio.run(explainer.explain(query, member, Moment(STATE, Freshness(()), here), page))
