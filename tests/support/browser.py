"""Pages in a real browser."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.stack import PATIENCE

CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2
}  # fmt: skip
WIDTHS = (320, 390, 768, 1280, 1920)
SERIOUS = {"serious", "critical"}

Open = Callable[..., Page]


@contextmanager
def running_browser() -> Iterator[Browser]:
    """What is expected of its pages may take as long as on the busiest machine: how fast they are is for benchmarks."""
    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield launched
        launched.close()


@contextmanager
def pages_of(browser: Browser, url: str, cookies: Mapping[str, str] = {}) -> Iterator[Open]:
    """Opens pages of a site in contexts of their own; no script may fail, and nothing may be blocked."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def opened(**options: Any) -> Page:
        context = browser.new_context(base_url=url, **{"locale": "en-GB", **options})
        context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def look_at(page: Page, name: str) -> None:
    """axe finds nothing serious, and nothing sticks out sideways on any screen.

    A page is looked at once it has loaded: without its style sheet it has other sizes and colours.
    """
    page.wait_for_load_state()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width}"
    check_for_everyone(page, name)


def check_for_everyone(page: Page, name: str) -> None:
    """axe finds nothing serious, once all has loaded and nothing moves: what fades in is paler than it will be."""
    page.wait_for_load_state()
    page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished))")
    found = [each for each in Axe().run(page).response["violations"] if each["impact"] in SERIOUS]
    assert found == [], name
