"""`judging.py` for many runs at once, and the plain threshold that it is set against."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from services.kpi_stream.kpis.threshold import Hours, Side, Threshold
from tests.benchmarks.alarms.timeline import SLOT, Array


class Readings(NamedTuple):
    """What is judged in each run, nan where it is not known. `high` is the upper end of the interval: every alert here
    looks for what is too low."""

    value: Array
    high: Array
    n: Array


Stretches = Iterator[tuple[int, int, Readings]]
"""For how many slots, and from which on (told from the run's Monday), something is read as it is."""


def plain(threshold: Threshold, level: float) -> Threshold:
    """What most tools offer: the same number, and a level."""
    return replace(threshold, level=level, clear=level, least=0, sure=False, lasts=timedelta(0), hours=Hours.ALWAYS)


class Judge:
    """How an alert stands in every run, looked at once in every slot."""

    def __init__(self, threshold: Threshold, runs: int) -> None:
        if threshold.side is not Side.BELOW:
            raise NotImplementedError(threshold.side)
        self._threshold = threshold
        self._held = np.zeros(runs, int)
        """For how many looks in a row all that it asks has held."""
        self.fires = np.zeros(runs, bool)
        self.waits = False
        """Can it begin to fire in some run by mere time?"""

    def look(self, readings: Readings, is_open: Array) -> Array:
        """In which runs it begins to fire."""
        threshold = self._threshold
        holds = readings.value < threshold.level
        goes_on = readings.value < threshold.clear
        if threshold.sure:
            holds &= readings.high < threshold.level
        if threshold.least:
            holds &= readings.n >= threshold.least
        if threshold.hours is Hours.OPENING:
            holds &= is_open
            goes_on |= ~is_open
        self._held = (self._held + 1) * holds
        has_lasted = self._held > threshold.lasts // SLOT
        begins = ~self.fires & has_lasted
        self.waits = bool((holds & ~has_lasted).any())
        self.fires = begins | (self.fires & goes_on)
        return begins
