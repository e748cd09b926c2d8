"""Rules about Cadran itself: can its numbers be trusted, does it take what it is sent, does it reach people.

One cause, one alert: what makes numbers old is told as old numbers, with the part that is to blame in its text, and not
once more as a process that is down or a queue that grows.
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from services.kpi_stream.alerting.rules.platform_alerts import Patience, PlatformAlert, platform_alerts
from services.kpi_stream.alerting.rules.series import (
    CLOSED,
    NOT_TRUSTED,
    PLACES,
    QUIET,
    SILENT,
    UNTRUSTED,
    WATCHDOG,
    closed_alert,
    is_open,
)
from services.kpi_stream.alerting.rules.wording import platform_annotations
from services.kpi_stream.alerting.thresholds.teams import OPERATIONS
from services.kpi_stream.exporter.exposition import quoted
from services.kpi_stream.exporter.scrape import AS_OF, STORE_UP
from services.kpi_stream.kpis.kpi import Kpi

QUIET_TIMES = 3
"""A source is silent after so many times the gap that 99 of 100 looks of two weeks found shorter. Where events come at
random that is 13.8 times the usual gap: once in a million gaps."""
QUIET_LEAST = timedelta(minutes=15)
USUAL_QUIET = "cadran:source_quiet_seconds:usual"
LOOKS = "[2w:5m] offset 1d"
"""Up to yesterday: a silence that has just begun is not usual."""
LEAST_LOOKS = 288
"""A day of them: before that nobody knows what is usual of a source."""

Rule = dict[str, Any]


def untrusted_rules(kpi: Kpi, patience: Patience) -> list[Rule]:
    """Whether a KPI's numbers can be judged: they cannot where they are old or are not told, or where a source of what
    they are made of has gone silent. The alert tells nobody: it silences those of the KPI."""
    told = f"{AS_OF.name}{{kpi={quoted(kpi.id)}}}"
    feeds = "|".join(re.escape(topic) for topic in kpi.feeds)
    reasons = (
        f"time() - max({told}) > {_seconds(patience.old_after)}",
        f"absent({told} and on (instance) {STORE_UP.name} == 1)",
        f"max({SILENT}{{topic=~{quoted(feeds)}}})",
    )
    return [
        {
            "record": UNTRUSTED,
            "expr": f"max({' or '.join(f'({reason})' for reason in reasons)}) * 0 + 1",
            "labels": {"kpi": kpi.id},
        },
        {
            "alert": NOT_TRUSTED,
            "expr": f"{UNTRUSTED}{{kpi={quoted(kpi.id)}}}",
            "labels": {**_told_to_nobody("inhibitor"), "kpi": kpi.id},
        },
    ]


def platform_groups(patience: Patience, board: str) -> list[dict[str, object]]:
    """The groups of the platform: what is usual of sources, and the alerts."""
    usual = f"quantile_over_time(0.99, ({QUIET}){LOOKS})"
    known = f"count_over_time(({QUIET}){LOOKS}) >= {LEAST_LOOKS}"
    sources = [
        # While it is silent, its silence must not become what is usual.
        {"record": USUAL_QUIET, "expr": f"({usual} and {known} unless {SILENT})\nor\n({USUAL_QUIET} and {SILENT})"},
        {
            "record": SILENT,
            "expr": f"({QUIET} > {QUIET_TIMES} * {USUAL_QUIET} and {QUIET} > {_seconds(QUIET_LEAST)}) * 0 + 1",
        },
    ]
    states: list[Rule] = [
        {"alert": CLOSED, "expr": f"{is_open('')} == 0", "labels": _told_to_nobody("inhibitor")},
        *(_place_is_closed(place) for place in PLACES),
        {"alert": WATCHDOG, "expr": "vector(1)", "labels": _told_to_nobody("watchdog")},
    ]
    return [
        {"name": "sources", "interval": "1m", "rules": sources},
        {"name": "platform", "rules": [*states, *_alerts(platform_alerts(patience), board)]},
    ]


def _place_is_closed(place: str) -> Rule:
    """Of each channel, or region: it has hours of its own."""
    return {"alert": closed_alert(place), "expr": f"{is_open(place)} == 0", "labels": _told_to_nobody("inhibitor")}


def _alerts(alerts: Iterable[PlatformAlert], board: str) -> list[Rule]:
    return [
        {
            "alert": alert.name,
            "expr": alert.expr,
            "for": alert.lasts,
            "labels": {"about": "platform", "severity": str(alert.severity), "recipient": OPERATIONS},
            "annotations": platform_annotations(alert.name, alert.title, alert.value, alert.advice, board),
        }
        for alert in alerts
    ]


def _told_to_nobody(about: str) -> dict[str, str]:
    return {"about": about, "severity": "none"}


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())
