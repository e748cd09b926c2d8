"""Pages that need JavaScript, rendered by a Chromium that has no network of its own.

Every request that a page makes is taken from Chromium and made by our own sender, with all its checks; what we do not
make does not leave: names do not resolve in that browser, and its proxy does not exist.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import msgspec

from services.common.logging import get_logger
from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.terms import FetchSettings
from services.pricing_watch.fetching.visits import Loaded, Resource
from services.pricing_watch.records import Page

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Route
    from playwright.async_api import Page as Tab
    from playwright.async_api import Request as Asked

log = get_logger(__name__)

Load = Callable[[Resource], Awaitable[Loaded]]

ARGUMENTS = [
    "--disable-background-networking",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
]
NOWHERE = "http://127.0.0.1:9"
"""The proxy that does not exist."""

LOADED = frozenset({"document", "script", "xhr", "fetch"})
"""No price is read of pictures, films and fonts. Style sheets are answered with nothing, as scripts wait for them."""
METHODS = frozenset({"GET", "POST"})
NOT_FORWARDED = frozenset({"accept-encoding", "connection", "content-length", "cookie", "host", "user-agent"})
NOT_RETURNED = frozenset({"connection", "content-encoding", "content-length", "set-cookie", "transfer-encoding"})
TO_CLOSE = 5.0


class Chromium:
    """One browser, begun when it is first needed. One page at a time is rendered."""

    def __init__(self, settings: FetchSettings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._browser: Browser | None = None
        self.one_at_a_time = asyncio.Lock()

    async def running(self) -> "Browser":
        """The browser, begun if there is none.

        :raises FetchFault: `browser` when Chromium is off, not installed, or does not begin.
        """
        if self._browser is not None and self._browser.is_connected():
            return self._browser
        if self._settings.chromium is None:
            raise FetchFault(
                Fault.BROWSER, "the page needs Chromium, which is off", mend="name its path in the settings"
            )
        try:
            from playwright.async_api import Error, async_playwright
        except ImportError:
            raise FetchFault(
                Fault.BROWSER, "Playwright is not installed", mend="`pip install playwright`, or do not render the page"
            ) from None
        await self.aclose()
        self._stack = AsyncExitStack()
        try:
            playwright = await self._stack.enter_async_context(async_playwright())
            self._browser = await playwright.chromium.launch(
                executable_path=self._settings.chromium,
                args=ARGUMENTS,
                proxy={"server": NOWHERE},
                chromium_sandbox=self._settings.chromium_sandbox,
                timeout=self._settings.total_timeout * 1000,
            )
        except Error:
            raise FetchFault(
                Fault.BROWSER, "Chromium does not begin", mend="look at its path and its sandbox in the settings"
            ) from None
        self._stack.push_async_callback(self._browser.close)
        return self._browser

    async def render(self, page: Page, load: Load) -> Page:
        """The page as its scripts have made it when it comes to rest, or when `settle` is over.

        :raises FetchFault: `browser` when Chromium fails, `too_large`.
        """
        browser = await self.running()
        from playwright.async_api import Error

        try:
            url, html = await self._rendered(browser, page, load)
        except (Error, TimeoutError) as error:
            log.warning("Chromium failed", host=httpx.URL(page.url).host, error=type(error).__name__)
            await self.aclose()
            raise FetchFault(Fault.BROWSER, "Chromium could not show the page") from None
        body = html.encode(errors="replace")
        if len(body) > self._settings.max_bytes:
            raise FetchFault(Fault.TOO_LARGE, f"the rendered page has more than {self._settings.max_bytes >> 10} KiB")
        return msgspec.structs.replace(page, url=url, body=body, content_type="text/html; charset=utf-8")

    async def aclose(self) -> None:
        """End the browser; the next page begins another."""
        self._browser = None
        with suppress(TimeoutError):
            async with asyncio.timeout(TO_CLOSE):
                await self._stack.aclose()

    async def _rendered(self, browser: "Browser", page: Page, load: Load) -> tuple[str, str]:
        from playwright.async_api import TimeoutError as Unsettled

        context = await browser.new_context(
            user_agent=self._settings.identity, service_workers="block", accept_downloads=False
        )
        try:
            # Over a page whose scripts never end, Playwright's own time-outs do not help.
            async with asyncio.timeout(2 * self._settings.settle):
                tab = await context.new_page()
                await _take_requests(context, tab, page, load)
                with suppress(Unsettled):
                    await tab.goto(page.url, wait_until="networkidle", timeout=self._settings.settle * 1000)
                return tab.url, await tab.content()
        finally:
            async with asyncio.timeout(TO_CLOSE):
                await context.close()


async def _take_requests(context: "BrowserContext", tab: "Tab", page: Page, load: Load) -> None:
    """Answer all requests of a context ourselves; the first is for the page, which we have."""
    from playwright.async_api import Error

    is_first = True

    async def answer(route: "Route") -> None:
        nonlocal is_first
        # A page that is closed meanwhile takes no answer.
        with suppress(Error):
            if route.request.resource_type == "stylesheet":
                await route.fulfill(status=200, content_type="text/css", body="")
            elif not _is_loaded(route.request, tab):
                await route.abort()
            elif is_first:
                is_first = False
                await route.fulfill(status=200, content_type=page.content_type, body=page.body)
            else:
                await _load(route, load)

    await context.route("**/*", answer)
    await context.route_web_socket("**/*", lambda socket: socket.close())


def _is_loaded(asked: "Asked", tab: "Tab") -> bool:
    if asked.resource_type not in LOADED or asked.method not in METHODS:
        return False
    if asked.resource_type == "document":
        return asked.frame == tab.main_frame
    return asked.method == "GET" or urlsplit(asked.url).hostname == urlsplit(tab.url).hostname


async def _load(route: "Route", load: Load) -> None:
    asked = route.request
    headers = {
        name: value
        for name, value in asked.headers.items()
        if name not in NOT_FORWARDED and not name.startswith(("sec-", ":"))
    }
    try:
        loaded = await load(Resource(asked.method, asked.url, headers, asked.post_data_buffer))
    except FetchFault:
        await route.abort()
        return
    returned = {name: value for name, value in loaded.headers.items() if name not in NOT_RETURNED}
    await route.fulfill(status=loaded.status, headers=returned, body=loaded.body)
