"""One number from end to end: an order is told late; the tile moves, the explanation names the order, and the weekly
letter and Grafana's query give the same figure.
"""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from services.board.letter.weeks import last_whole_week
from tests.support.events import PARIS, cloud_event, line
from tests.support.prometheus import query
from tests.support.stack import RunningStack, running_stack, wait_for

MONDAY = last_whole_week(datetime.now(PARIS).date()).first
DIRECTION = Path("deploy/grafana/dashboards/cadran-direction-en.json")
WINDOW = "30d"
"""Holds last week whole, in which alone anything is sold."""


def order(name: str, euros: int) -> dict[str, object]:
    time = datetime(MONDAY.year, MONDAY.month, MONDAY.day, 11, tzinfo=UTC)
    return cloud_event("order.placed", name, time, channel="online", currency="EUR", lines=[line(100 * euros)])


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """Last week's sales, as they were known when it was over."""
    with running_stack(CADRAN_STREAM_SETTLED_AFTER="0") as running:
        running.send([order("A-1", 2_000)])
        running.wait_applied()
        yield running


def grafana(stack: RunningStack) -> set[str]:
    """What the query of Direction's panel of net sales gives, in cents."""
    panels = json.loads(DIRECTION.read_text())["panels"]
    (asked,) = {
        target["expr"]
        for panel in panels
        for target in panel.get("targets", ())
        if target["expr"].startswith("cadran_net_sales_euros{")
    }
    return {f"{float(series['value'][1]):.2f}" for series in query(stack, asked.replace("$window", WINDOW))}


def letter(stack: RunningStack) -> str:
    done: subprocess.CompletedProcess[str] = stack.cadran("letter", "write", "--language", "en")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_late_order_is_the_same_news_everywhere(page: Page, stack: RunningStack) -> None:
    page.goto(f"/?window={WINDOW}&lang=en")
    tile = page.locator("#tile-sales .value")
    expect(tile).to_contain_text("€2,000")
    assert "€2,000" in letter(stack)
    wait_for(lambda: grafana(stack) == {"2000.00"}, "Prometheus has scraped what was known")
    page.wait_for_timeout(1_100)  # what is heard within the second of the first is no correction

    stack.send([order("A-late", 345)])
    expect(tile).to_contain_text("€2,345")

    tile.get_by_role("link").click()
    named = page.locator("#behind tbody tr", has_text="A-late")
    expect(named).to_contain_text("corrected")
    expect(named).to_contain_text("€345.00")
    expect(page.locator("#behind tbody tr", has_text="A-1")).not_to_contain_text("corrected")
    expect(page.locator("#content")).to_contain_text("€2,345")

    assert "€2,345" in letter(stack)
    wait_for(lambda: grafana(stack) == {"2345.00"}, "Prometheus has scraped the correction")
