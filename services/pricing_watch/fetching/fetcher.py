"""Fetching one page: allowed by robots.txt, in its host's turn, from a checked address, within bounds."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Self

import httpx
import msgspec

from services.pricing_watch.fetching.addresses import AddressGuard
from services.pricing_watch.fetching.answers import check_answer, next_hop, retry_after
from services.pricing_watch.fetching.bodies import CODINGS, read_body
from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.robots import Robots
from services.pricing_watch.fetching.terms import FetchSettings
from services.pricing_watch.fetching.transport import Resolve, build_transport, resolve, told_as_faults
from services.pricing_watch.fetching.turns import Turns
from services.pricing_watch.records import Page

ACCEPT = "text/html,application/xhtml+xml,application/json;q=0.9,application/xml;q=0.8"
MAX_VALIDATOR = 1024

Count = Callable[[str], None]
"""Told of each fetch how it ended: `fetched`, `not_modified`, or the kind of fault."""


class Validators(msgspec.Struct, frozen=True):
    """What a server said of the version of a page that was had last, as it is sent back."""

    etag: str | None = None
    last_modified: str | None = None


NONE = Validators()


class Fetched(msgspec.Struct, frozen=True):
    """A page, or that it has not changed; then its body is empty."""

    page: Page
    validators: Validators
    not_modified: bool = False


class Fetcher:
    """Fetches pages. A context manager: leaving it ends what is under way."""

    def __init__(
        self,
        settings: FetchSettings,
        *,
        count: Count = lambda _: None,
        resolve: Resolve = resolve,
        clock: Callable[[], float] = time.monotonic,
        luck: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._count = count
        self._guard = AddressGuard(settings)
        self._transport = build_transport(settings, self._guard, resolve)
        self._turns = Turns(settings, clock=clock, luck=luck)
        self._robots = Robots(settings, self._guard, self._ask, clock=clock)
        self._tasks: set[asyncio.Task[Fetched]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._transport.aclose()

    def rest_of(self, host: str) -> float:
        """Seconds until a host may be asked again, when nothing is asked of it now."""
        return self._turns.rest_of(host)

    async def fetch(self, url: str, validators: Validators = NONE, render: bool = False) -> Fetched:
        """Fetch a page, waiting for its host's turn.

        :raises FetchFault: when it is not had, with the kind of fault.
        """
        task = asyncio.create_task(self._fetch(url, validators))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            fetched = await task
        except FetchFault as fault:
            self._count(fault.kind)
            raise
        self._count("not_modified" if fetched.not_modified else "fetched")
        return fetched

    async def _fetch(self, text: str, validators: Validators) -> Fetched:
        """Follow redirects by hand: each hop is checked as the first was, against its own host's robots.txt."""
        url, cookies = self._guard.read(text), httpx.Cookies()
        for hop in range(1 + self._settings.max_redirects):
            rules = await self._robots.rules(url)
            rules.check(url)
            self._turns.ask_slowly(url.host, rules.delay)
            # What was had last was told of the page itself: a server that used to redirect would misread it.
            headers = _conditions(validators) if hop == 0 else {}
            async with self._ask(url, headers, cookies) as response:
                onward = next_hop(url, response)
                if onward is None:
                    fetched = await self._read(url, response, validators if headers else NONE)
                    return fetched if hop == 0 else msgspec.structs.replace(fetched, validators=NONE)
                cookies.extract_cookies(response)
            url = self._guard.read(onward)
        raise FetchFault(
            Fault.TOO_MANY_REDIRECTS, f"{url.host} redirects more than {self._settings.max_redirects} times"
        )

    @asynccontextmanager
    async def _ask(
        self, url: httpx.URL, headers: dict[str, str] | None = None, cookies: httpx.Cookies | None = None
    ) -> AsyncIterator[httpx.Response]:
        """Send one request in the host's turn. The transport is used without a client, which would keep cookies,
        follow redirects and read proxies from the environment."""
        request = httpx.Request("GET", url, headers=self._headers() | (headers or {}), extensions=self._extensions())
        if cookies is not None:
            cookies.set_cookie_header(request)
        async with self._turns.turn(url.host) as turn:
            with told_as_faults(url.host):
                async with asyncio.timeout(self._settings.total_timeout):
                    response = await self._transport.handle_async_request(request)
                    response.request = request
                    turn.answered(response.status_code, retry_after(response.headers))
                    try:
                        yield response
                    finally:
                        await response.aclose()

    async def _read(self, url: httpx.URL, response: httpx.Response, sent: Validators) -> Fetched:
        not_modified = response.status_code == httpx.codes.NOT_MODIFIED and sent != NONE
        if not not_modified:
            check_answer(response)
        page = Page(
            url=str(url),
            body=b"" if not_modified else await read_body(response, self._settings.max_bytes),
            content_type=response.headers.get("Content-Type", ""),
            status=response.status_code,
            language=response.headers.get("Content-Language", ""),
        )
        return Fetched(page, _validators(response, sent if not_modified else NONE), not_modified)

    def _headers(self) -> dict[str, str]:
        return {"User-Agent": self._settings.identity, "Accept": ACCEPT, "Accept-Encoding": CODINGS}

    def _extensions(self) -> dict[str, object]:
        timeout = httpx.Timeout(self._settings.total_timeout, connect=self._settings.connect_timeout)
        return {"timeout": timeout.as_dict()}


def _conditions(validators: Validators) -> dict[str, str]:
    headers = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in headers.items() if value}


def _validators(response: httpx.Response, known: Validators) -> Validators:
    """What an answer says of its version; of what it does not repeat, what was known."""
    return Validators(
        _sendable(response.headers.get("ETag")) or known.etag,
        _sendable(response.headers.get("Last-Modified")) or known.last_modified,
    )


def _sendable(value: str | None) -> str | None:
    """A validator, unless it is one that cannot be sent back."""
    return value if value and len(value) <= MAX_VALIDATOR and value.isascii() and value.isprintable() else None
