"""A medium company, and what happens to it by chance: when nothing is the matter, and when something is."""

from typing import NamedTuple

import numpy as np

from services.kpi_stream.kpis import all_kpis
from tests.benchmarks.alarms.timeline import SLOTS, TIMELINE, Array

FALL = 0.2
"""What is the matter: from a Monday's midnight on a fifth of what should happen does not."""

WEEKDAYS = (1.0, 1.0, 1.0, 1.0, 1.0, 0.3, 0.0)
SHOPS = (0.9, 0.92, 0.98, 1.0, 1.15, 1.4, 0.0)


class Flow(NamedTuple):
    """What happens so often on an ordinary day: while the company is open (by weekday), and around the clock.

    `dispersion`: a day's variance over its mean. `spread`: the coefficient of variation of amounts, which are lognormal
    with mean 1; 0 where what happens is merely counted.
    """

    while_open: float
    by_weekday: tuple[float, ...]
    around_the_clock: float
    dispersion: float
    spread: float = 0.0

    def scaled(self, size: float) -> "Flow":
        return self._replace(while_open=self.while_open * size, around_the_clock=self.around_the_clock * size)

    def uneven(self, times: int) -> "Flow":
        """The same on average; what a day brings has so many times the variance."""
        return self._replace(dispersion=times * (self.dispersion + self.spread**2) - self.spread**2)

    def expected(self, days: Array) -> Array:
        """By day and slot, while nothing is the matter."""
        is_open = TIMELINE.is_open[days]
        a_slot = (
            self.while_open * np.array(self.by_weekday)[TIMELINE.weekday[days]] / np.maximum(is_open.sum(axis=1), 1)
        )
        return np.asarray(a_slot[:, None] * is_open + self.around_the_clock * CLOCK)


def _clock() -> Array:
    """The share of each slot in what happens around the clock: most at 4 p.m., a ninth of that twelve hours before."""
    hours = np.arange(SLOTS) * 24 / SLOTS
    shape = 1 - 0.8 * np.cos((hours - 4) / 24 * 2 * np.pi)
    return np.asarray(shape / shape.sum())


CLOCK = _clock()


class Company(NamedTuple):
    """What happens to it. `together`: so many decide alike at once, so that rates vary as much more than by chance."""

    leads: Flow
    orders: Flow
    offers: Flow
    contacted: Flow
    answers: Flow
    together: int = 1

    def scaled(self, size: float) -> "Company":
        return Company(*(flow.scaled(size) for flow in self[:-1]), self.together)

    def uneven(self, times: int) -> "Company":
        return Company(*(flow.uneven(times) for flow in self[:-1]), times)


OF_LEADS = all_kpis()["new_leads"].dispersion
OF_SALES = all_kpis()["sales"].dispersion
OF_ORDERS = 4.5
"""Of it what is due to how many orders a day brings (`kpis/sales.py`); the rest is due to their amounts."""

MEDIUM = Company(
    leads=Flow(32, WEEKDAYS, 8, OF_LEADS),
    orders=Flow(80, SHOPS, 40, OF_ORDERS, (OF_SALES - OF_ORDERS) ** 0.5),
    offers=Flow(30, SHOPS, 0, OF_LEADS),
    contacted=Flow(15, SHOPS, 0, OF_LEADS),
    answers=Flow(9, SHOPS, 3, OF_LEADS),
)


class Drawn(NamedTuple):
    """What happened in each slot of a day, by run."""

    counts: Array
    amounts: Array


class Trial(NamedTuple):
    """Many runs at once. Each begins on a Monday of its own; days are told from that, and are negative before."""

    company: Company
    mondays: Array
    fall: float
    rng: np.random.Generator

    def draw(self, flow: Flow, day: int, fall: float = 0.0) -> Drawn:
        """A day of every run. Days differ by more than chance alone: by a factor that is gamma distributed."""
        mean = flow.expected(self.mondays + day) * (1 - fall * (day >= 0))
        shape = np.maximum(mean.sum(axis=1), 1e-9) / (flow.dispersion - 1)
        counts = self.rng.poisson(mean * (self.rng.gamma(shape) / shape)[:, None])
        return Drawn(counts, self._amounts(flow.spread, counts) if flow.spread else counts)

    def _amounts(self, spread: float, counts: Array) -> Array:
        """What the events of each slot come to."""
        sigma = np.log(1 + spread**2) ** 0.5
        each = self.rng.lognormal(-(sigma**2) / 2, sigma, counts.sum())
        slots = np.repeat(np.arange(counts.size), counts.ravel())
        return np.bincount(slots, each, counts.size).reshape(counts.shape)

    def decided(self, counts: Array, shares: Array) -> Array:
        """How many of each count decide one way and another: by run, day, and outcome (shares by day)."""
        crowds, alone = np.divmod(counts, self.company.together)
        return np.asarray(
            self.company.together * self.rng.multinomial(crowds, shares) + self.rng.multinomial(alone, shares)
        )
