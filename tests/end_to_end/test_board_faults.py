"""What the board says while something that it lives on is down: what is old, and since when; and that it recovers."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from services.board.answers import GOOD_FOR, PAUSE
from tests.support.events import NOW, cloud_event, line
from tests.support.stack import RunningStack, running_stack


def order(name: str, euros: int) -> dict[str, object]:
    return cloud_event("order.placed", name, NOW, channel="online", currency="EUR", lines=[line(100 * euros)])


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack(CADRAN_STREAM_STALE_AFTER="3") as running:
        running.send([order(f"first {number}", 10) for number in range(100)])  # some in every partition
        running.wait_applied()
        yield running


@pytest.fixture
def page(page: Page) -> Page:
    """Of numbers that are new."""
    page.goto("/?window=30d&lang=en")
    expect(page.locator(".tile.stale")).to_have_count(0)
    return page


def sales(page: Page) -> str:
    return page.locator("#tile-sales .value").inner_text()


@pytest.mark.parametrize("program", ["exporter", "redis"])
def test_while_no_number_can_be_read_the_last_ones_are_shown_as_old_with_since_when(
    page: Page, stack: RunningStack, program: str
) -> None:
    before = sales(page)
    stack.kill(program)
    stack.supervisor.stop(program)
    expect(page.get_by_role("alert")).to_have_text(
        re.compile(r"^Not live: the read API does not answer since \d\d:\d\d:\d\d\.")
    )
    expect(page.locator(".tile:not(.stale)")).to_have_count(0)
    page.wait_for_timeout(1_000 * (GOOD_FOR + PAUSE))  # since when the oldest is old: by then each was asked for anew
    since = page.get_by_role("alert").inner_text()
    expect(page.locator(".as-of.stale")).to_have_count(1)
    assert sales(page) == before
    page.wait_for_timeout(3_000)
    assert page.get_by_role("alert").inner_text() == since
    stack.supervisor.start(program)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".tile.stale")).to_have_count(0)
    stack.send([order(f"after the {program}", 1_000)])
    expect(page.locator("#tile-sales .value")).not_to_have_text(before)


def test_while_nothing_is_applied_the_tiles_say_as_of_when(page: Page, stack: RunningStack) -> None:
    before = sales(page)
    stack.kill("worker")
    stack.supervisor.stop("worker")
    stack.send([order(f"while it is away {number}", 1) for number in range(60)])
    expect(page.locator("#tile-sales.stale .old")).to_have_text(re.compile(r"^Old: as of \d\d:\d\d:\d\d\.$"))
    assert sales(page) == before
    stack.supervisor.start("worker")
    expect(page.locator(".tile.stale")).to_have_count(0)
    expect(page.locator("#tile-sales .value")).not_to_have_text(before)
