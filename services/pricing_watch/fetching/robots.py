"""robots.txt as RFC 9309 says: asked for once a day and origin, and obeyed.

One that is not there (4xx) forbids nothing. One that cannot be read forbids everything until it can: 5xx, no
connection, and 429 as well, which says that we came too often and not that there is no file.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import httpx
import msgspec
from protego import Protego

from services.pricing_watch.fetching.addresses import AddressGuard, origin_of
from services.pricing_watch.fetching.answers import next_hop, retry_after
from services.pricing_watch.fetching.bodies import read_beginning
from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.terms import HOUR, FetchSettings

MAX_BYTES = 500 << 10
"""What RFC 9309 asks to be parsed at the least; the rest is left."""
MAX_REDIRECTS = 5
LAST_GOOD_AFTER = timedelta(days=30).total_seconds()
"""After so long without an answer the last good copy is believed again (RFC 9309, 2.3.1.4)."""

Ask = Callable[[httpx.URL], AbstractAsyncContextManager[httpx.Response]]
"""A request in its host's turn."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What one origin's robots.txt says to us."""

    robots: Protego
    product: str
    size: int = 0
    fault: FetchFault | None = None
    """Why it could not be read; then everything is forbidden."""

    def check(self, url: httpx.URL) -> None:
        """
        :raises FetchFault: `forbidden_by_robots`, or why the file could not be read.
        """
        if self.fault is not None:
            # A new one each time: an exception that is raised again and again grows by a traceback each time.
            raise FetchFault(self.fault.kind, self.fault.message, retry_after=self.fault.retry_after)
        if not self.robots.can_fetch(str(url), self.product):
            raise FetchFault(
                Fault.FORBIDDEN_BY_ROBOTS,
                f"robots.txt of {url.host} forbids this page",
                mend="give its prices by API or file, or ask the shop",
            )

    @property
    def delay(self) -> float:
        """Seconds that it asks us to leave between requests."""
        rate = self.robots.request_rate(self.product)
        return max(self.robots.crawl_delay(self.product) or 0.0, rate.seconds / rate.requests if rate else 0.0)


class _Entry:
    """What is known of one origin's robots.txt."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.rules: Rules | None = None
        self.expires = 0.0
        self.last_good: Rules | None = None
        self.unreachable_since: float | None = None

    @property
    def size(self) -> int:
        return 500 + (self.last_good.size if self.last_good else 0)


class Robots:
    """The robots.txt of all origins; those longest unused are forgotten when there is too much of them."""

    def __init__(
        self, settings: FetchSettings, guard: AddressGuard, ask: Ask, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._guard = guard
        self._ask = ask
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    async def rules(self, url: httpx.URL) -> Rules:
        """The rules of a URL's origin.

        :raises FetchFault: `host_resting` when they would have to be asked for and the host is not asked now.
        """
        origin = origin_of(url)
        entry = self._entries.setdefault(origin, _Entry())
        self._entries.move_to_end(origin)
        async with entry.lock:
            if entry.rules is None or self._clock() >= entry.expires:
                entry.rules = await self._refreshed(entry, origin)
                self._forget()
            return entry.rules

    async def _refreshed(self, entry: _Entry, origin: str) -> Rules:
        try:
            text = await self._read(self._guard.read(f"{origin}/robots.txt"))
        except FetchFault as fault:
            if fault.kind is Fault.HOST_RESTING:
                raise
            return self._unreachable(entry, fault)
        entry.expires = self._clock() + self._settings.robots_hours * HOUR
        entry.unreachable_since = None
        parsed = await asyncio.to_thread(Protego.parse, text)
        entry.last_good = Rules(robots=parsed, product=self._settings.product, size=len(text))
        return entry.last_good

    def _unreachable(self, entry: _Entry, fault: FetchFault) -> Rules:
        now = self._clock()
        retry = min(max(self._settings.robots_retry, fault.retry_after or 0.0), self._settings.robots_hours * HOUR)
        entry.expires = now + retry
        if entry.unreachable_since is None:
            entry.unreachable_since = now
        if entry.last_good is not None and now - entry.unreachable_since >= LAST_GOOD_AFTER:
            return entry.last_good
        told = FetchFault(fault.kind, f"no robots.txt, so nothing is fetched: {fault.message}", retry_after=retry)
        return Rules(robots=Protego(), product=self._settings.product, fault=told)

    async def _read(self, url: httpx.URL) -> str:
        """The file's text; none where there is no file, or more redirects than five."""
        for _ in range(1 + MAX_REDIRECTS):
            async with self._ask(url) as response:
                status = response.status_code
                if status == 429 or status >= 500:
                    wait = retry_after(response.headers)
                    raise FetchFault(Fault.FORBIDDEN_BY_ROBOTS, f"{url.host} answers {status}", retry_after=wait)
                if 200 <= status < 300:
                    return (await read_beginning(response, MAX_BYTES)).decode("utf-8-sig", errors="replace")
                hop = next_hop(url, response)
            if hop is None:
                return ""
            url = self._guard.read(hop)
        return ""

    def _forget(self) -> None:
        size = sum(entry.size for entry in self._entries.values())
        while size > self._settings.robots_bytes and len(self._entries) > 1:
            _, forgotten = self._entries.popitem(last=False)
            size -= forgotten.size
