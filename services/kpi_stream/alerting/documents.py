"""Alerts as the API and `cadran alerts explain` tell them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.kpi_stream.alerting.figures import length_text
from services.kpi_stream.alerting.judging import Standing
from services.kpi_stream.alerting.reading import Judged
from services.kpi_stream.alerting.series import Watched


def alert_document(watched: Watched, members: Sequence[Judged] | None) -> dict[str, Any]:
    """An alert: what it asks, and how its members stand; `None`: it is off.

    Levels and values are ratios 0-1 or in their own unit, money in major units; times in UTC.
    """
    threshold = watched.threshold
    return {
        "name": threshold.name,
        "kpi": watched.kpi.id,
        "title": threshold.title,
        "advice": threshold.advice,
        "unit": watched.unit,
        "of": threshold.of,
        "metric": threshold.metric,
        "side": threshold.side,
        "level": threshold.level,
        "clear": threshold.clear,
        "window": threshold.window,
        "by": threshold.by,
        "only": threshold.only,
        "least": threshold.least,
        "sure": threshold.sure,
        "lasts": length_text(threshold.lasts),
        "hours": threshold.hours,
        "severity": threshold.severity,
        "team": threshold.team,
        "off": members is None,
        "trusted": all(member.reading.trusted for member in members or ()),
        "open": all(member.reading.open is not False for member in members or ()),
        "members": [_member(member) for member in members or ()],
    }


def _member(member: Judged) -> dict[str, Any]:
    return {
        "by": member.by,
        "label": " · ".join(member.by.values()),
        "state": state_of(member),
        "since": since_of(member),
        "value": member.reading.value,
        "low": member.reading.low,
        "high": member.reading.high,
        "n": member.reading.n,
        "why": member.why,
    }


def state_of(member: Judged) -> str:
    """firing, pending, quiet; or unknown, where nothing can be said."""
    unknown = not member.reading.trusted or member.reading.value is None
    standing = member.state.standing
    return "unknown" if unknown and standing is Standing.QUIET else str(standing)


def since_of(member: Judged) -> datetime | None:
    """Since when all that it asks has held."""
    return member.state.since
