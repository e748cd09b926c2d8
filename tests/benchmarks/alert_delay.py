"""`make bench-alert-delay`: how long from the event that crosses a threshold to its message, on a stack of its own.

Again and again sales are sent beyond a level and back. What counts is from when the gateway acknowledged the event to
when a webhook has the message. Between two rounds the group of alerts must have ended, which takes a minute.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks.alarms.report import written
from tests.support.events import cloud_event, line
from tests.support.stack import RunningStack, running_stack, wait_for
from tests.support.webhook import Webhook, running_webhook

PAGE = Path("docs/alerting.md")
THRESHOLDS = """
teams: {{direction: {{webhook: {url}/direction}}, operations: {{}}}}
alerts:
  SalesAreHigh:
    {{kpi: sales, window: 30d, above: 1000, clear: 1000, sure: no, least: 0, lasts: 0s, hours: always, severity: critical}}
"""
BUDGET = (("scraped", 10), ("judged", 10), ("grouped", 10))
"""Seconds at most, by what happens: deploy/prometheus/prometheus.yml and telling/config.py."""
PATIENCE = 180.0


def crossing(name: str) -> dict[str, Any]:
    """An order of 2,000 euros."""
    now = datetime.now(UTC) - timedelta(seconds=1)
    return cloud_event("order.placed", name, now, channel="online", currency="EUR", lines=[line(200_000)])


def count(webhook: Webhook, status: str) -> int:
    return sum(body["status"] == status for body in webhook.at("/direction"))


def delay(stack: RunningStack, webhook: Webhook, name: str) -> float:
    """Seconds from acknowledged to told, once."""
    fired, ended = count(webhook, "firing"), count(webhook, "resolved")
    stack.send([crossing(name)])
    start = time.monotonic()
    wait_for(lambda: count(webhook, "firing") > fired, "it is told", PATIENCE)
    found = time.monotonic() - start
    stack.send([cloud_event("order.cancelled", name, datetime.now(UTC))])
    wait_for(lambda: count(webhook, "resolved") > ended, "it has ended", PATIENCE)
    return found


def report(delays: Sequence[float]) -> list[str]:
    """What is written into the page."""
    parts = ", ".join(f"{seconds} s until it is {what}" for what, seconds in BUDGET)
    middle, most = statistics.median(delays), max(delays)
    return [
        f"{len(delays)} times, at random moments: {min(delays):.1f} s at best, {middle:.1f} s at the median,",
        f"{most:.1f} s at worst; the budget is {sum(seconds for _, seconds in BUDGET)} s ({parts}).",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10, help="each takes some two minutes")
    rounds = parser.parse_args().rounds
    pauses, delays = random.Random(7), []
    with running_webhook() as webhook, tempfile.TemporaryDirectory() as folder:
        thresholds = Path(folder) / "thresholds.yml"
        thresholds.write_text(THRESHOLDS.format(url=webhook.url))
        with running_stack(CADRAN_ALERTS_THRESHOLDS=str(thresholds)) as stack:
            for number in range(rounds):
                time.sleep(pauses.uniform(0, 10))
                delays.append(delay(stack, webhook, f"order {number}"))
                sys.stdout.write(f"{number + 1} of {rounds}: {delays[-1]:.1f} s\n")
                sys.stdout.flush()
    PAGE.write_text(written(PAGE.read_text(), "delay", report(delays), "bench-alert-delay"))
    sys.stdout.write("\n".join(report(delays)) + "\n")


if __name__ == "__main__":
    main()
