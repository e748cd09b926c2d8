"""One past day after the other: what the events say by now, set against what Prometheus has."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from services.kpi_stream.backfill.blocks import BlockFolder
from services.kpi_stream.backfill.closes import Close
from services.kpi_stream.backfill.numbers import PastNumbers
from services.kpi_stream.backfill.openmetrics import by_series, text
from services.kpi_stream.backfill.prometheus import Prometheus
from services.kpi_stream.exporter.exposition import Sample


class Finding(StrEnum):
    """How a day stands in Prometheus."""

    MISSING = "missing"
    CHANGED = "changed"
    THERE = "there"


class Look(NamedTuple):
    """A day, and what of it is to be written."""

    close: Close
    finding: Finding
    samples: list[Sample]


class Filling:
    """Looks at days, and writes those that are not as they should be."""

    def __init__(self, numbers: PastNumbers, prometheus: Prometheus, target: Mapping[str, str]) -> None:
        self._numbers = numbers
        self._prometheus = prometheus
        self._target = target

    async def look(self, close: Close) -> Look:
        """Series that are not there are missing; where one is there with another number, all are to be written."""
        told = by_series(await self._numbers.at_close(close.day), self._target)
        held = await self._prometheus.held(self._target, close)
        if any(name not in told or told[name][1] != value for name, value in held.items()):
            return Look(close, Finding.CHANGED, [sample for sample, _ in told.values()])
        missing = [sample for name, (sample, _) in told.items() if name not in held]
        return Look(close, Finding.MISSING if missing else Finding.THERE, missing)

    async def is_taken_in(self, look: Look) -> bool:
        """Has Prometheus every series that was written of a day? By what number is for the next look: while it reads
        what was written, more may have come in about that day.
        """
        held = await self._prometheus.held(self._target, look.close)
        return by_series(look.samples, self._target).keys() <= held.keys()

    async def write(self, look: Look, folder: BlockFolder) -> None:
        """Put it into a folder; numbers that have changed are dropped first."""
        if look.finding is Finding.CHANGED:
            await self._prometheus.forget(self._target, look.close)
        if look.samples:
            await folder.add(text(look.samples, self._target, look.close.times()))
