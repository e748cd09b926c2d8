"""What a scrape would have told at the close of a past day, from what is known now."""

import asyncio
from collections.abc import Sequence
from datetime import date

from services.common.errors import Unavailable
from services.kpi_stream.backfill.closes import past_names, queries_of
from services.kpi_stream.entities.kinds import CONSUMED_TOPICS
from services.kpi_stream.exporter.admission import Admission
from services.kpi_stream.exporter.exposition import Sample
from services.kpi_stream.exporter.kept import Kept
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.observatory import Observatory
from services.kpi_stream.exporter.of_the_moment import promotion_samples
from services.kpi_stream.exporter.samples import samples, series_of_a_member
from services.kpi_stream.kpis.kpi import Kpi
from services.kpi_stream.kpis.requests import together

PATIENCE, POLL_SECONDS = 30.0, 0.5


class PastNumbers:
    """Works out days, one after the other from the oldest, as a scrape does: members are admitted alike."""

    def __init__(self, observatory: Observatory, kpis: Sequence[Kpi]) -> None:
        self._observatory = observatory
        self._kpis = kpis
        self._admission = Admission(series_of_a_member(kpis))

    async def applied(self) -> Moment:
        """A look at a state that holds everything that had come in when it was asked for.

        :raises Unavailable: when nothing more is applied for a while.
        """
        began = self._observatory.clock()
        before, left = None, PATIENCE
        while left > 0:
            moment = await self._observatory.look()
            as_of = moment.freshness.as_of(CONSUMED_TOPICS)
            if as_of is not None and as_of >= began:
                return moment
            left = PATIENCE if as_of != before else left - POLL_SECONDS
            before = as_of
            await asyncio.sleep(POLL_SECONDS)
        raise Unavailable("events are waiting, and nobody applies them", mend="start a worker, then run this again")

    async def at_close(self, day: date) -> list[Sample]:
        """The samples of a past day."""
        now = await self._observatory.look()
        moment = now._replace(world=now.world.at_close(day))
        names = past_names(self._kpis, moment.world.reporting_currency)
        found = [sample for sample in await self._samples(moment) if sample.family in names]
        while not self._admission.fits(len(found)):
            found = [sample for sample in await self._samples(moment) if sample.family in names]
        return found

    async def _samples(self, moment: Moment) -> list[Sample]:
        kept = Kept[list[Sample]](moment)
        queries = [query for kpi in self._kpis for query in queries_of(kpi, moment.world.today, moment.world.calendar)]
        askings = [samples(query, moment, self._admission, kept) for query in queries]
        found = await self._observatory.read(together(askings), moment, kept.at_hand)
        running = promotion_samples(moment.world, self._admission)
        return [sample for own in [*found, running] for sample in own]
