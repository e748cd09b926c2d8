"""Forgets old readings, and counts what is believed."""

import asyncio
from datetime import timedelta
from functools import partial

from services.common.database import Database
from services.common.windows import Clock
from services.pricing_watch import store
from services.pricing_watch.judging.judgement import Verdict
from services.pricing_watch.metrics import PricingMetrics
from services.pricing_watch.watching import reading_store

COUNT_SECONDS = 15.0
FORGET_EVERY = 240
"""Countings between two times that old readings are forgotten: an hour."""

MOST_AT_ONCE = 1000
LATEST = timedelta(days=8)
"""No page is due later than that, unless a clock was ahead: the longest interval is a week, and a tenth is added."""


class Housekeeping:
    """At work for ever: `run`."""

    def __init__(self, database: Database, keep_days: int, clock: Clock, metrics: PricingMetrics) -> None:
        self._database = database
        self._kept = timedelta(days=keep_days)
        self._clock = clock
        self._watched = metrics.watched

    async def run(self) -> None:
        while True:
            await self._forget()
            await self._database.write(partial(store.bring_back, now=self._clock(), latest=self._clock() + LATEST))
            for _ in range(FORGET_EVERY):
                await self._count()
                await asyncio.sleep(COUNT_SECONDS)

    async def _forget(self) -> None:
        """Some at a time: nobody waits long for the database meanwhile."""
        forget = partial(reading_store.forget_readings, before=self._clock() - self._kept, most=MOST_AT_ONCE)
        while await self._database.write(forget) == MOST_AT_ONCE:
            continue

    async def _count(self) -> None:
        counts = await self._database.read(store.count_verdicts)
        for verdict in ("none", *Verdict):
            self._watched.labels(verdict).set(counts.get(verdict, 0))
