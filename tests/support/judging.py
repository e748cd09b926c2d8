"""The rules of alerts as a state machine over the product's conditions: what Prometheus is held against."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from services.kpi_stream.alerting.judging import (
    QUIET,
    Condition,
    Reading,
    Standing,
    State,
    conditions,
    is_beyond,
)
from services.kpi_stream.kpis.threshold import Hours, Threshold


class Judgement(NamedTuple):
    """How it stands now, and which conditions hold; nothing where one is not asked, or not known."""

    state: State
    why: Mapping[Condition, bool | None]


def judge(threshold: Threshold, reading: Reading, at: datetime, before: State = QUIET) -> Judgement:
    """How an alert stands after a reading. It has to be given every evaluation of Prometheus to stand as there."""
    found = conditions(threshold, reading)
    state = _after(threshold, reading, all(found.values()), at, before)
    asked = {condition: found.get(condition) for condition in Condition}
    return Judgement(state, {**asked, Condition.LASTED: state.standing is Standing.FIRING})


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
    return closed or not reading.trusted or bool(is_beyond(threshold, reading.value, threshold.clear))
