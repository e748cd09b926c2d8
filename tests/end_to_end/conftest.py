from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Browser, Page

from services.common.settings import Port
from tests.support.browser import Open, pages_of, running_browser
from tests.support.stack import RunningStack, running_stack


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """A stack for a module's tests, which keep to ids and days of their own."""
    with running_stack() as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def cookies(stack: RunningStack) -> Mapping[str, str]:
    """Of a director who is signed in."""
    with stack.board() as client:
        return dict(client.cookies)


@pytest.fixture
def open_page(browser: Browser, stack: RunningStack, cookies: Mapping[str, str]) -> Iterator[Open]:
    """Opens the board's pages as the director."""
    with pages_of(browser, stack.url(Port.BOARD), cookies) as opened:
        yield opened


@pytest.fixture
def page(open_page: Open) -> Page:
    return open_page(viewport={"width": 1280, "height": 900})
