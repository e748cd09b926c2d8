"""`make bench-paint`: how soon the board's pages paint in Chromium, and how much is moved, with nothing kept of before.

It looks at a board that runs, as the demo's: what it shows decides.
"""

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import httpx
from playwright.sync_api import Browser
from rich import box
from rich.console import Console
from rich.table import Table

from deploy.local.programs import Layout
from services.common.settings import Port, Settings
from tests.support.browser import PHONE, pages_of, running_browser

PAGES = ("/", "/reps", "/wall", "/kpis/sales", "/week")
SCREENS = {"desktop": {"viewport": {"width": 1440, "height": 900}}, "phone": PHONE}
READ = """async () => {
  const painted = await new Promise((resolve) => new PerformanceObserver((list) => {
    const first = list.getEntriesByName("first-contentful-paint")[0];
    if (first) resolve(first.startTime);
  }).observe({ type: "paint", buffered: true }));
  const [page] = performance.getEntriesByType("navigation");
  const moved = [page, ...performance.getEntriesByType("resource")].reduce((sum, entry) => sum + entry.transferSize, 0);
  return { answered: page.responseEnd, painted, moved };
}"""


class Loaded(NamedTuple):
    """One load of a page: milliseconds until it was answered and painted first, and kilobytes moved."""

    answered: float
    painted: float
    moved: float


def load(browser: Browser, url: str, cookies: dict[str, str], path: str, screen: str) -> Loaded:
    """Load a page in a browser that has never seen it."""
    with pages_of(browser, url, cookies) as opened:
        page = opened(**SCREENS[screen])
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"
        read = page.evaluate(READ)
    return Loaded(read["answered"], read["painted"], read["moved"] / 1000)


def sign_in(url: str, password: str) -> dict[str, str]:
    with httpx.Client(base_url=url) as client:
        answer = client.post("/sign-in", data={"name": "director", "password": password})
        assert answer.is_redirect, "director and this password are not let in"
        return dict(client.cookies)


def report(path: str, screen: str, loads: Sequence[Loaded]) -> tuple[str, ...]:
    """A row: medians, and the slowest paint."""
    middle = [statistics.median(column) for column in zip(*loads, strict=True)]
    slowest = max(each.painted for each in loads)
    return path, screen, *(f"{value:.0f}" for value in (middle[0], middle[1], slowest, middle[2]))


def main() -> None:
    settings = Settings.load()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=f"http://127.0.0.1:{settings.port(Port.BOARD)}")
    parser.add_argument("--password-file", type=Path, default=Layout(settings.local_dir).director_password)
    parser.add_argument("--loads", type=int, default=5)
    arguments = parser.parse_args()
    cookies = sign_in(arguments.url, arguments.password_file.read_text().strip())
    table = Table("page", "screen", "answered ms", "painted ms", "slowest ms", "moved kB", box=box.SIMPLE)
    with running_browser() as browser:
        for path in PAGES:
            for screen in SCREENS:
                loads = [load(browser, arguments.url, cookies, path, screen) for _ in range(arguments.loads)]
                table.add_row(*report(path, screen, loads))
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
