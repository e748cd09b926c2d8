"""Changes of rates and of the net promoter score, from day to day, each judged by the product's own functions."""

from collections.abc import Callable, Sequence
from math import erf, log, sqrt
from typing import NamedTuple

import numpy as np

from services.kpi_stream.kpis import nps
from services.kpi_stream.kpis.add_on_sales import WAITING_DAYS
from services.kpi_stream.kpis.kpi import Estimate, Related
from services.kpi_stream.kpis.rates import difference_of
from services.kpi_stream.kpis.statistics import adjusted_wald
from tests.benchmarks.alarms.company import Flow, Trial
from tests.benchmarks.alarms.judges import Readings, Stretches
from tests.benchmarks.alarms.sums import Days
from tests.benchmarks.alarms.timeline import SLOTS, Array

WON, RETURNED, ACCEPTED, REFUSED = 0.25, 0.3, 0.3, 0.4
PROMOTERS, DETRACTORS = 0.5, 0.2
POINTS = 20
"""How far the net promoter score falls: half of it are promoters lost, half detractors won."""

ANSWERED_AFTER = np.array([0.5, 0.25, 0.12, 0.06, 0.04, 0.02, 0.01])
"""Of offers that are answered: the share that is so after so many whole days."""


class Compared(NamedTuple):
    """Which days are compared on a day: those up to `last` days back, so many of them, with those `apart` before."""

    last: int
    many: int
    apart: int

    def sums(self, by_day: Array, today: int) -> tuple[Array, Array]:
        """What both come to; days are told from the first that is known."""
        end = today - self.last + 1
        return tuple(by_day[:, until - self.many : until].sum(axis=1) for until in (end, end - self.apart))


LEADS = Compared(last=31, many=30, apart=30)
"""Leads that all had their 30 days to be won."""
SPELLS = Compared(last=1, many=89, apart=90)
RECENT = Compared(last=1, many=29, apart=30)
OLD = RECENT._replace(last=RECENT.last + WAITING_DAYS, many=RECENT.many - WAITING_DAYS)
YOUNG = RECENT._replace(many=WAITING_DAYS)
"""Of the offers among the recent: those that had their time to be answered, and those that had not."""


def acquisition(trial: Trial, days: Days) -> Stretches:
    """Leads by the day on which they came."""
    return _of_rate(trial, trial.company.leads, WON, _won_since, LEADS, days)


def loyalty(trial: Trial, days: Days) -> Stretches:
    """Contacted customers by the day on which their 90 days to come back are over."""
    return _of_rate(trial, trial.company.contacted, RETURNED, _returned_since, SPELLS, days)


def _won_since(day: int) -> float:
    """Of a day's leads: the share of what is won within 30 days that is won after all began to fall. It takes as long
    as in the simulator's company, lognormal."""
    return 1 - _won_within(-day) / _won_within(30) if day > -30 else 0.0


def _won_within(days: int) -> float:
    return (1 + erf((log(days) - 2.3) / 0.9 / sqrt(2))) / 2 if days > 0 else 0.0


def _returned_since(day: int) -> float:
    """Of customers who are counted on a day: what share of their 90 days came after all began to fall."""
    return min(max(day / 90, 0.0), 1.0)


def _of_rate(
    trial: Trial, flow: Flow, rate: float, since: Callable[[int], float], compared: Compared, days: Days
) -> Stretches:
    wholes = _counts(trial, flow, days)
    falling = np.array([rate * (1 - trial.fall * since(day)) for day in range(days.history, days.end)])
    parts = trial.decided(wholes, np.stack([falling, 1 - falling], axis=1))[:, :, 0]
    for day in range(days.judged, days.end):
        at = day - days.history
        (part, part_before), (whole, whole_before) = compared.sums(parts, at), compared.sums(wholes, at)
        yield SLOTS, day * SLOTS, _differences(part, whole, part_before, whole_before)


def _counts(trial: Trial, flow: Flow, days: Days) -> Array:
    """By run and day."""
    return np.stack([trial.draw(flow, day).counts.sum(axis=1) for day in range(days.history, days.end)], axis=1)


def _differences(part: Array, whole: Array, part_before: Array, whole_before: Array) -> Readings:
    each = np.stack([part, whole, part_before, whole_before], axis=1).tolist()
    return _readings([difference_of(*numbers) for numbers in each], whole)


def _readings(changes: Sequence[Related | None], n: Array) -> Readings:
    told = [
        (change.value, change.interval.high) if change and change.interval else (np.nan, np.nan) for change in changes
    ]
    value, high = np.array(told, float).T
    return Readings(value, high, n)


def proposals(trial: Trial, days: Days) -> Stretches:
    """Offers by the day on which they were made. Those of the last seven days of a period that nobody has answered yet
    do not count in it."""
    made = _counts(trial, trial.company.offers, days)
    is_falling = np.arange(days.history, days.end) >= 0
    accepted = ACCEPTED * (1 - trial.fall * is_falling)[:, None] * ANSWERED_AFTER
    refused = (ACCEPTED + REFUSED) * ANSWERED_AFTER - accepted
    never = np.full((len(made[0]), 1), 1 - ACCEPTED - REFUSED)
    found = trial.decided(made, np.concatenate([accepted, refused, never], axis=1))
    won = np.cumsum(found[:, :, :WAITING_DAYS], axis=2)
    answered = won + np.cumsum(found[:, :, WAITING_DAYS:-1], axis=2)
    for day in range(days.judged, days.end):
        at = day - days.history
        last = range(at - WAITING_DAYS, at)
        parts = np.add(OLD.sums(won[:, :, -1], at), (_so_far(won, last), YOUNG.sums(won[:, :, -1], at)[1]))
        wholes = np.add(OLD.sums(made, at), (_so_far(answered, last), YOUNG.sums(answered[:, :, -1], at)[1]))
        yield SLOTS, day * SLOTS, _differences(parts[0], wholes[0], parts[1], wholes[1])


def _so_far(by_age: Array, days: range) -> Array:
    """Of some days, by the end of the last."""
    return sum(by_age[:, day, days[-1] - day] for day in days)


def scores(trial: Trial, days: Days) -> Stretches:
    """The net promoter score, by the day of the answer."""
    answers = _counts(trial, trial.company.answers, days)
    moved = (np.arange(days.history, days.end) >= 0) * (POINTS / 200 if trial.fall else 0)
    shares = np.stack([PROMOTERS - moved, DETRACTORS + moved, np.full(len(moved), 1 - PROMOTERS - DETRACTORS)], axis=1)
    found = trial.decided(answers, shares)
    for day in range(days.judged, days.end):
        at = day - days.history
        sums = [RECENT.sums(each, at) for each in (found[:, :, 0], found[:, :, 1], answers)]
        now, before = (np.stack([each[side] for each in sums], axis=1).tolist() for side in (0, 1))
        changes = [nps.change(_score(*n), _score(*b)) for n, b in zip(now, before, strict=True)]
        yield SLOTS, day * SLOTS, _readings(changes, sums[2][0])


def _score(promoters: int, detractors: int, n: int) -> Estimate:
    told = {"promoters": promoters, "detractors": detractors}
    return Estimate(None, told, n=n, interval=adjusted_wald(promoters, detractors, n))
