"""An alert and plain thresholds, watched in many companies at once: while nothing is wrong, and while something is."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from services.kpi_stream.kpis.threshold import Threshold
from tests.benchmarks.alarms.cases import CASES, Case
from tests.benchmarks.alarms.company import FALL, Company, Trial
from tests.benchmarks.alarms.judges import Judge, Stretches, plain
from tests.benchmarks.alarms.timeline import SLOTS, TIMELINE, Array, mondays


class Seen(NamedTuple):
    """Of each run, from its Monday on: how often an alert began, on how many days, on which last, and after how many
    days first (infinite: never); and whether it fired already."""

    begins: Array
    days: Array
    last_day: Array
    first: Array
    fired: Array


class Figures(NamedTuple):
    """Of an alert. False alarms: how often it began in a week in which nothing was the matter, with the standard error
    of that; `alarm_days`: the days of a week on which it did, so that flapping counts once. Of falls that it did not
    fire before already: which share it told of, and the median of days until it did."""

    false_alarms: float
    error: float
    alarm_days: float
    found: float
    days: float

    @classmethod
    def of(cls, quiet: Seen, fall: Seen, weeks: int) -> "Figures":
        runs = len(quiet.begins)
        first = fall.first[~fall.fired]
        return cls(
            quiet.begins.mean() / weeks,
            quiet.begins.std(ddof=1) / runs**0.5 / weeks,
            quiet.days.mean() / weeks,
            float(np.isfinite(first).mean()),
            float(np.median(first)),
        )


class Compared(NamedTuple):
    """An alert, a plain threshold at half of the fall, and one at the alert's own level."""

    case: Case
    ours: Figures
    plain: Figures
    alike: Figures

    @property
    def times_fewer(self) -> float:
        return self.plain.false_alarms / self.ours.false_alarms if self.ours.false_alarms else np.inf

    @property
    def times_as_long(self) -> float:
        return self.ours.days / self.plain.days


def compare(case: Case, company: Company, runs: int, seed: int) -> Compared:
    """The same seed makes the same figures."""
    own = case.threshold
    judged = [own, plain(own, case.plain_level), plain(own, own.level)]
    quiet, fall = (_watched(case, judged, company, fall, runs, seed) for fall in (0.0, FALL))
    return Compared(case, *(Figures.of(q, f, case.days.weeks) for q, f in zip(quiet, fall, strict=True)))


def _watched(
    case: Case, judged: Sequence[Threshold], company: Company, fall: float, runs: int, seed: int
) -> list[Seen]:
    rng = np.random.default_rng([seed, CASES.index(case), round(fall * 100)])
    trial = Trial(company, mondays(runs), fall, rng)
    return watch([Judge(threshold, runs) for threshold in judged], case.numbers(trial, case.days), trial.mondays)


def watch(judges: Sequence[Judge], stretches: Stretches, first_days: Array) -> list[Seen]:
    """Every judge looks at every slot, but for those in which nothing can have changed."""
    found = [_nothing_seen(len(first_days)) for _ in judges]
    is_open = TIMELINE.is_open.ravel()
    opened = np.zeros(len(first_days), bool)
    for length, start, readings in stretches:
        for slot in range(start, start + length):
            was_open, opened = opened, is_open[first_days * SLOTS + slot]
            is_new = slot == start or not np.array_equal(opened, was_open)
            for judge, seen in zip(judges, found, strict=True):
                if slot == 0:
                    seen.fired[:] = judge.fires
                if is_new or judge.waits:
                    _note(seen, judge.look(readings, opened), slot)
    return found


def _note(seen: Seen, begins: Array, slot: int) -> None:
    if slot < 0 or not begins.any():
        return
    day = slot // SLOTS
    seen.begins[begins] += 1
    seen.days[begins & (seen.last_day < day)] += 1
    seen.last_day[begins] = day
    seen.first[begins] = np.minimum(seen.first[begins], slot / SLOTS)


def _nothing_seen(runs: int) -> Seen:
    nothing = np.zeros(runs, int)
    return Seen(nothing, nothing.copy(), nothing - 1, np.full(runs, np.inf), np.zeros(runs, bool))
