"""Alerts as the API tells them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from services.common.lengths import length_text
from services.kpi_stream.alerting.history import Entry
from services.kpi_stream.alerting.judging import Condition, Standing
from services.kpi_stream.alerting.reading import Judged
from services.kpi_stream.alerting.rules.series import Watched
from services.kpi_stream.kpis.kpi import Unit
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Hours, Of, Severity, Side

UNKNOWN = "unknown"


class MemberAnswer(msgspec.Struct, frozen=True):
    """How an alert stands for a member.

    `state`: `firing`, `pending`, `quiet`, or `unknown` where nothing can be said; `since`: when all that is asked began
    to hold; `why`: which conditions hold (null: not asked, or not known).
    """

    by: Mapping[str, str]
    label: str
    state: str
    since: datetime | None
    value: float | None
    low: float | None
    high: float | None
    n: float | None
    why: Mapping[Condition, bool | None]


class AlertAnswer(msgspec.Struct, frozen=True):
    """An alert: what it asks, and how its members stand.

    Levels and values are ratios 0-1 or in their own `unit`, money in major units; `is_difference`: of two ratios.
    """

    name: str
    kpi: str
    title: Text
    advice: Text
    unit: Unit
    is_difference: bool
    of: Of
    metric: str
    side: Side
    level: float
    clear: float
    window: str
    by: str
    only: Sequence[str]
    least: float
    sure: bool
    lasts: str
    hours: Hours
    severity: Severity
    team: str
    off: bool
    trusted: bool
    open: bool
    members: Sequence[MemberAnswer]


class OneAlertAnswer(AlertAnswer, frozen=True):
    """An alert, and who changed it: the newest 20 changes, the newest first."""

    history: Sequence[Entry]


class AlertsAnswer(msgspec.Struct, frozen=True):
    """All alerts, in the order of their KPIs. `version`: of the file of thresholds as it is; `refused`: why that does
    not hold, if it does not."""

    version: str
    in_force_since: datetime
    refused: str | None
    teams: Sequence[str]
    alerts: Sequence[AlertAnswer]


def alert_answer(watched: Watched, members: Sequence[Judged] | None) -> AlertAnswer:
    """An alert with its members; of one that is off (`None`) there are none."""
    threshold = watched.threshold
    return AlertAnswer(
        name=threshold.name,
        kpi=watched.kpi.id,
        title=threshold.title,
        advice=threshold.advice,
        unit=watched.unit,
        is_difference=watched.quantity.is_difference,
        of=threshold.of,
        metric=threshold.metric,
        side=threshold.side,
        level=threshold.level,
        clear=threshold.clear,
        window=threshold.window,
        by=threshold.by,
        only=threshold.only,
        least=threshold.least,
        sure=threshold.sure,
        lasts=length_text(threshold.lasts),
        hours=threshold.hours,
        severity=threshold.severity,
        team=threshold.team,
        off=members is None,
        trusted=all(member.reading.trusted for member in members or ()),
        open=all(member.reading.open is not False for member in members or ()),
        members=[_member(member) for member in members or ()],
    )


def _member(member: Judged) -> MemberAnswer:
    return MemberAnswer(
        by=member.by,
        label=" · ".join(member.by.values()),
        state=_state(member),
        since=member.state.since,
        value=member.reading.value,
        low=member.reading.low,
        high=member.reading.high,
        n=member.reading.n,
        why=member.why,
    )


def _state(member: Judged) -> str:
    standing = member.state.standing
    is_unknown = standing is Standing.QUIET and (not member.reading.trusted or member.reading.value is None)
    return UNKNOWN if is_unknown else standing.value
