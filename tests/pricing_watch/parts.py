"""The service's parts on a database, with a clock that the test sets, and a fetcher that reaches the test shop."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry
from sqlalchemy import select

from services.common.database import Database
from services.common.events import Event, decode
from services.pricing_watch import store, tables
from services.pricing_watch.events import Stating
from services.pricing_watch.fetching.fetcher import Fetcher
from services.pricing_watch.metrics import PricingMetrics
from services.pricing_watch.reading.reader import read_page
from services.pricing_watch.records import Page, Reading, Wanted
from services.pricing_watch.watching import reading_store
from services.pricing_watch.watching.given import Given
from services.pricing_watch.watching.intake import Intake
from services.pricing_watch.watching.products import CompetitorPage, Product
from services.pricing_watch.watching.reading_store import KeptReading
from services.pricing_watch.watching.scheduler import Scheduler
from services.pricing_watch.watching.watch_list import WatchList
from tests.support import clock

PARIS = ZoneInfo("Europe/Paris")


class Clock(clock.Clock):
    """Shows what it is set to, a millisecond later each time that it is looked at."""

    def __call__(self) -> datetime:
        self.pass_by(milliseconds=1)
        return self.now


async def read_in_a_thread(page: Page, wanted: Wanted) -> Reading:
    """Beginning processes takes a second, which most tests need not wait; what they add has tests of its own."""
    return await asyncio.to_thread(read_page, page, wanted)


class Service:
    """What watches, reads and judges."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self.database = database
        self.clock = clock or Clock()
        self.metrics = PricingMetrics(CollectorRegistry())
        stating = Stating(PARIS)
        self.intake = Intake(stating)
        self.watch_list = WatchList(database, stating, self.clock, lambda: None)
        self.given = Given(database, self.intake, self.clock, lambda: None)

    def scheduler(self, fetcher: Fetcher, name: str = "one") -> Scheduler:
        return Scheduler(
            self.database,
            fetcher,
            read_in_a_thread,
            self.intake,
            name=name,
            clock=self.clock,
            written=lambda: None,
            metrics=self.metrics,
        )

    async def events(self, name: str = "") -> list[Event]:
        """Every event that was written down, in order."""
        rows = await self.database.read(
            lambda connection: connection.execute(select(tables.outbox.c.value).order_by(tables.outbox.c.id)).all()
        )
        return [event for event in (decode(value) for (value,) in rows) if event.type.startswith(name)]

    async def verdicts(self) -> list[tuple[str, int | None]]:
        """The verdicts that were published, each with its price."""
        return [(event.data.verdict, event.data.price_minor) for event in await self.events("price.observed")]

    async def readings(self, sku: str = "A", competitor: str = "rival") -> list[KeptReading]:
        """A pair's readings, the newest first."""

        def find(connection: Any) -> list[KeptReading]:
            page = store.page(connection, sku, competitor)
            return [] if page is None else reading_store.last_readings(connection, page.pair_id, 100)

        return await self.database.read(find)

    async def fetched_pages(self) -> Counter[str]:
        """How often each pair was read."""
        rows = await self.database.read(lambda connection: connection.execute(select(tables.readings.c.pair_id)).all())
        return Counter(pair for (pair,) in rows)


@asynccontextmanager
async def at_work(scheduler: Scheduler) -> AsyncIterator[Scheduler]:
    """A scheduler that runs."""
    task = asyncio.create_task(scheduler.run())
    try:
        yield scheduler
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def product(sku: str = "A", *pages: CompetitorPage, **fields: Any) -> Product:
    return Product(**{"sku": sku, "name": f"Product {sku}", "competitors": pages, **fields})


def page(address: str = "", competitor: str = "rival", **fields: Any) -> CompetitorPage:
    return CompetitorPage(competitor=competitor, page=address, **fields)
