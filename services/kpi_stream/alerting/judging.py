"""Whether an alert fires, and why: as the rules in Prometheus have it, but told condition by condition. Pure.

Each member of a cut is judged alone, from what is known of it at an instant and how it stood before.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from services.kpi_stream.kpis.threshold import Hours, Side, Threshold


class Reading(NamedTuple):
    """What is known of a member at an instant: what is judged, its 95 % interval, and on how many it rests.

    `open`: the place that it is of, or the company. None where something is not known: then it does not hold.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: float | None = None
    open: bool | None = None
    trusted: bool | None = None


class Standing(StrEnum):
    """How an alert stands for a member."""

    QUIET = "quiet"
    PENDING = "pending"
    """All that it asks holds, but not for long enough."""
    FIRING = "firing"


class State(NamedTuple):
    """How it stands, and since when; of quiet nobody asks that."""

    standing: Standing
    since: datetime | None = None


QUIET = State(Standing.QUIET)


class Condition(StrEnum):
    """What must hold before an alert fires."""

    BEYOND = "beyond"
    SURE = "sure"
    ENOUGH = "enough"
    OPEN = "open"
    TRUSTED = "trusted"
    LASTED = "lasted"


class Judgement(NamedTuple):
    """How it stands now, and which conditions hold; nothing where one is not asked, or not known."""

    state: State
    why: Mapping[Condition, bool | None]


def judge(threshold: Threshold, reading: Reading, at: datetime, before: State = QUIET) -> Judgement:
    """How an alert stands after a reading. It has to be given every evaluation of Prometheus to stand as there."""
    found = _conditions(threshold, reading)
    state = _after(threshold, reading, all(found.values()), at, before)
    asked = {condition: found.get(condition) for condition in Condition}
    return Judgement(state, {**asked, Condition.LASTED: state.standing is Standing.FIRING})


def _conditions(threshold: Threshold, reading: Reading) -> dict[Condition, bool | None]:
    """Those that are asked, without how long they lasted."""
    found = {
        Condition.BEYOND: _is_beyond(threshold, reading.value, threshold.level),
        Condition.TRUSTED: reading.trusted,
    }
    if threshold.sure:
        nearest = reading.high if threshold.side is Side.BELOW else reading.low
        found[Condition.SURE] = _is_beyond(threshold, nearest, threshold.level)
    if threshold.least:
        found[Condition.ENOUGH] = None if reading.n is None else reading.n >= threshold.least
    if threshold.hours is Hours.OPENING:
        found[Condition.OPEN] = reading.open
    return found


def _is_beyond(threshold: Threshold, value: float | None, level: float) -> bool | None:
    """At the level it is not."""
    if value is None:
        return None
    return value < level if threshold.side is Side.BELOW else value > level


def _after(threshold: Threshold, reading: Reading, holds: bool, at: datetime, before: State) -> State:
    if before.standing is Standing.FIRING:
        return before if _goes_on(threshold, reading) else QUIET
    if not holds:
        return QUIET
    since = before.since or at
    return State(Standing.FIRING, at) if at - since >= threshold.lasts else State(Standing.PENDING, since)


def _goes_on(threshold: Threshold, reading: Reading) -> bool:
    """It is not seen to be back, or nothing can end it now."""
    closed = threshold.hours is Hours.OPENING and reading.open is False
    return closed or not reading.trusted or bool(_is_beyond(threshold, reading.value, threshold.clear))
