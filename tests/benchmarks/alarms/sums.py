"""Pace and change of counts and sums, as the product makes them, in every run and from slot to slot."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from services.kpi_stream.kpis.statistics import Z
from tests.benchmarks.alarms.company import Flow, Trial
from tests.benchmarks.alarms.judges import Readings, Stretches
from tests.benchmarks.alarms.timeline import HOUR_SLOTS, SLOTS, TIMELINE, Array


class Days(NamedTuple):
    """Of every run, told from its Monday: from which day on things happen, from which on they are judged, to which."""

    history: int
    judged: int
    end: int

    @classmethod
    def of(cls, *, read: int, before: int, weeks: int) -> "Days":
        """Judged for so many days before the Monday, so that alerts stand as they would, and so many weeks after it;
        each day that many days back are read."""
        return cls(-read - before, -before, weeks * 7)

    @property
    def weeks(self) -> int:
        return self.end // 7


def quasi_poisson_high(ratio: Array, dispersion: float, *counts: Array) -> Array:
    """The upper end of `quasi_poisson`, of many."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(ratio * np.exp(Z * np.sqrt(dispersion * sum(1 / count for count in counts))))


def pace(trial: Trial, flow: Flow, dispersion: float, days: Days) -> Stretches:
    """Of a month to date, to a target of just what is to be expected: its attainment over the opening time gone.

    As in the product it is not told while less than one opening day is over, nor when nothing is left.
    """
    expected = flow.expected(np.arange(len(TIMELINE.days))).sum(axis=1)
    expected_before = np.concatenate([[0], np.cumsum(expected)])
    counts, amounts = np.zeros(len(trial.mondays)), np.zeros(len(trial.mondays))
    for day in range(days.history, days.end):
        today = trial.mondays + day
        first, last = TIMELINE.month[today], TIMELINE.next_month[today]
        counts[first == today] = amounts[first == today] = 0
        target = expected_before[last] - expected_before[first]
        drawn = trial.draw(flow, day, trial.fall)
        counts_today, amounts_today = _until([drawn.counts]), _until([drawn.amounts])
        for slot in range(SLOTS) if day >= days.judged else ():
            elapsed = elapsed_of(today, slot)
            value = (amounts + amounts_today[:, slot]) / target / elapsed
            high = quasi_poisson_high(value, dispersion, counts + counts_today[:, slot])
            yield 1, day * SLOTS + slot, Readings(value, high, target * elapsed)
        counts += counts_today[:, -1]
        amounts += amounts_today[:, -1]


def elapsed_of(today: Array, slot: int) -> Array:
    """The share of the month's opening time that has gone; nan where there is no pace."""
    first, last = TIMELINE.month[today], TIMELINE.next_month[today]
    before, now, yesterday, tonight, end = (
        TIMELINE.opened[instant]
        for instant in (first * SLOTS, today * SLOTS + slot, today * SLOTS, (today + 1) * SLOTS, last * SLOTS)
    )
    whole_days = np.where(now < tonight, yesterday, now) - before
    return np.where((whole_days > 0) & (now < end), (now - before) / (end - before), np.nan)


def change(trial: Trial, flow: Flow, dispersion: float, window: int, days: Days) -> Stretches:
    """Of so many days, today included: what an opening hour brought, over what one brought in as many days before, both
    cut at the last full hour; less 1."""
    drawn = (_by_hour(trial.draw(flow, day, trial.fall)) for day in range(days.history, days.end))
    counts, amounts = (_until(each) for each in zip(*drawn, strict=True))
    opened = TIMELINE.opened[(trial.mondays[:, None] + days.history) * SLOTS + np.arange(counts.shape[1]) * HOUR_SLOTS]
    for hour in range(days.judged * 24, days.end * 24):
        spans = compared_hours(hour - days.history * 24, window)
        rate, rate_before = (_between(amounts, *span) / _between(opened, *span) for span in spans)
        rests_on = [_between(counts, *span) for span in spans]
        ratio = rate / rate_before
        high = quasi_poisson_high(ratio, dispersion, *rests_on)
        yield HOUR_SLOTS, hour * HOUR_SLOTS, Readings(ratio - 1, high - 1, rests_on[1])


def compared_hours(now: int, window: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """From which hour to which both periods last at one, all told from a midnight."""
    back = window * 24
    start = now - now % 24 - back + 24
    return (start, now), (start - back, now - back)


def _by_hour(day: Iterable[Array]) -> list[Array]:
    return [each.reshape(len(each), 24, HOUR_SLOTS).sum(axis=2) for each in day]


def _until(days: Sequence[Array]) -> Array:
    """By run and instant: what there was until then."""
    return np.cumsum(np.concatenate([np.zeros((len(days[0]), 1)), *days], axis=1), axis=1)


def _between(until: Array, start: int, end: int) -> Array:
    """What there was between two hours; nan of nothing."""
    found = until[:, end] - until[:, start]
    return np.where(found > 0, found, np.nan)
