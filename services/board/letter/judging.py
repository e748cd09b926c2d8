"""Is a change news, or noise? Pure.

A rate or a score of answers moved where the read API says so. Anything else is held against the weeks before: it moved
where it lies outside of what the next week would be in 95 of 100 cases if it were like them, and on the side that it
moved to. What rests on few is never news.
"""

from collections.abc import Sequence
from enum import StrEnum
from math import inf, sqrt
from statistics import mean, stdev
from typing import NamedTuple

from services.board.changes import is_told_moved
from services.board.told import Answer

WEEKS_BEFORE = 8
LEAST_WEEKS = 4
QUANTILES = {3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365}
"""The 97.5 % points of Student's t distribution by degrees of freedom, one less than the weeks before."""

ROUNDED_TO = {"score": 0.5}
"""Units whose values may have been rounded before they came here: two that differ by no more may be the same."""

NEVER_NEGATIVE = ("count", "ratio", "score", "index")
"""Units that have nothing below 0."""


class Verdict(StrEnum):
    """What a change is."""

    MOVED = "moved"
    STEADY = "steady"
    PART = "part"
    """Not all of the week has come in."""
    UNKNOWN = "unknown"
    """There is no value."""
    ALONE = "alone"
    """The week before is not known."""
    FEW = "few"
    """Rests on too few to be judged."""
    SHORT = "short"
    """Too few weeks before are known to say what is usual."""


class Noise(NamedTuple):
    """What is no news: a change (`of_change`), or else a value, from `low` to `high`."""

    low: float
    high: float
    of_change: bool


class Judgement(NamedTuple):
    """A verdict; `strength`: how far it went towards the edge of noise and beyond, 1 at the edge, below 0 downwards."""

    verdict: Verdict
    strength: float = 0.0
    noise: Noise | None = None


def judge(row: Answer, unit: str, before: Sequence[float | None]) -> Judgement:
    """The change of a row against its previous period; `before`: its values in the weeks before, the last first."""
    compared = row["compared"]
    if row["value"] is None:
        return Judgement(Verdict.UNKNOWN)
    if compared is None or compared["value"] is None or compared["previous"] is None:
        return Judgement(Verdict.ALONE)
    if "small_n" in row["flags"]:
        return Judgement(Verdict.FEW)
    moved = is_told_moved(row)
    if moved is not None:
        return _by_what_is_told(row["related"]["change"], moved)
    known = [value for value in before if value is not None]
    if len(known) < LEAST_WEEKS:
        return Judgement(Verdict.SHORT)
    return _against_the_weeks_before(compared["value"], compared["previous"], unit, known)


def _by_what_is_told(change: Answer, moved: bool) -> Judgement:
    """By the margin of a score, or by the interval of a difference of rates."""
    value, details = change["value"], change.get("details", {})
    if "small_n" in change.get("flags", ()):
        return Judgement(Verdict.FEW)
    if "margin" in details:
        margin = details["margin"]
        noise = Noise(value - margin, value + margin, of_change=True)
        return Judgement(_verdict(moved), _share(value, margin), noise)
    low, high = change["interval"]["low"], change["interval"]["high"]
    reach = value - low if value > 0 else high - value
    return Judgement(_verdict(moved), _share(value, reach), Noise(low, high, of_change=True))


def _against_the_weeks_before(value: float, previous: float, unit: str, known: Sequence[float]) -> Judgement:
    """By the interval of prediction of one more of a normal sample: mean ± t · s · √(1 + 1/k).

    No count is known to vary less than chance makes it, by the square root of its mean. A value that came back from
    further out did not move away.
    Source: G. J. Hahn, W. Q. Meeker, "Statistical Intervals" (1991), section 4.7.
    """
    k, usual = len(known), mean(known)
    spread = max(stdev(known), sqrt(max(usual, 0)) if unit == "count" else 0.0)
    reach = QUANTILES[k - 1] * spread * sqrt(1 + 1 / k)
    away, change = value - usual, value - previous
    strength = _share(away, reach) if away * change > 0 else 0.0
    moved = abs(strength) > 1 and abs(change) > ROUNDED_TO.get(unit, 0.0)
    least = 0.0 if unit in NEVER_NEGATIVE else -inf
    noise = Noise(max(least, usual - reach), usual + reach, of_change=False)
    return Judgement(_verdict(moved), strength, noise)


def _verdict(moved: bool) -> Verdict:
    return Verdict.MOVED if moved else Verdict.STEADY


def _share(value: float, reach: float) -> float:
    if reach > 0:
        return value / reach
    return 0.0 if value == 0 else inf if value > 0 else -inf
