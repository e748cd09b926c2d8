"""Why an alert fires or does not: what the rules in Prometheus say as a whole, condition by condition. Pure.

Each member of a cut is judged alone, from what is known of it at an instant.
"""

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


def conditions(threshold: Threshold, reading: Reading) -> dict[Condition, bool | None]:
    """Those that are asked, without how long they lasted; None where one is not known."""
    found = {
        Condition.BEYOND: is_beyond(threshold, reading.value, threshold.level),
        Condition.TRUSTED: reading.trusted,
    }
    if threshold.sure:
        nearest = reading.high if threshold.side is Side.BELOW else reading.low
        found[Condition.SURE] = is_beyond(threshold, nearest, threshold.level)
    if threshold.least:
        found[Condition.ENOUGH] = None if reading.n is None else reading.n >= threshold.least
    if threshold.hours is Hours.OPENING:
        found[Condition.OPEN] = reading.open
    return found


def is_beyond(threshold: Threshold, value: float | None, level: float) -> bool | None:
    """Is a value on the wrong side of a level? At the level it is not; None: it is not known."""
    if value is None:
        return None
    return value < level if threshold.side is Side.BELOW else value > level
