"""How many were asked, reached, and answered: counted in the database, shown as metrics."""

import asyncio

from prometheus_client import Gauge

from services.common.database import Database
from services.survey import store

EVERY = 15.0


class Counting:
    """Keeps the gauge of invitations up to date. What was erased is no longer counted."""

    def __init__(self, database: Database, invitations: Gauge) -> None:
        self._database = database
        self._invitations = invitations

    async def run(self) -> None:
        """Count for ever."""
        while True:
            await self.count()
            await asyncio.sleep(EVERY)

    async def count(self) -> None:
        counted = await self._database.read(store.progress)
        self._invitations.clear()
        for (touchpoint, step), number in counted.items():
            self._invitations.labels(touchpoint, step).set(number)
