"""The read API itself, over an engine instead of Redis and Kafka: its own code answers, without a server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from services.common.auth import KeyRing, Scope
from services.common.errors import Unavailable
from services.kpi_stream.exporter.api import Parts, create_app
from services.kpi_stream.exporter.freshness import Freshness, PartitionFreshness
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.service import KpiService
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.world import World
from tests.support.engine import Engine
from tests.support.world import run


class EngineObservatory:
    """Looks at an engine. `as_of`: how fresh it says to be; `is_away`: it does not answer."""

    def __init__(self, engine: Engine, here: World) -> None:
        self.engine = engine
        self.world = here
        self.as_of: datetime | None = here.now
        self.is_away = False

    async def look(self) -> Moment:
        if self.is_away:
            raise Unavailable("the state cannot be read now")
        topics = {topic for kpi in all_kpis().values() for topic in kpi.feeds}
        partitions = tuple(PartitionFreshness(topic, 0, 1, 1, 0, self.as_of) for topic in sorted(topics))
        return Moment(None, Freshness(partitions), self.world)  # type: ignore[arg-type] - no state is read

    async def read(self, asking: Any, moment: Moment) -> Any:
        return run(asking, self.engine, moment.world)


@asynccontextmanager
async def client_of(observatory: EngineObservatory, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the read API, with a key."""
    keys = KeyRing(folder / "keys.json")
    service = KpiService(observatory, all_kpis(), stale_after=60)  # type: ignore[arg-type]
    app = create_app(Parts(service, None, keys, {}), lifespan=lambda _: _nothing())  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {keys.create('board', (Scope.READ_KPIS,), '')}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api", headers=headers) as client:
        yield client


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield
