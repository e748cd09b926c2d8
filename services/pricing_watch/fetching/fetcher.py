"""Fetching one page: allowed by robots.txt, in its host's turn, from a checked address, within bounds."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import NamedTuple, Self

import httpx
import msgspec

from services.pricing_watch.fetching.addresses import AddressGuard
from services.pricing_watch.fetching.answers import check_answer, next_hop, retry_after
from services.pricing_watch.fetching.bodies import read_body
from services.pricing_watch.fetching.chromium import Chromium
from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.robots import Robots, Rules
from services.pricing_watch.fetching.terms import FetchSettings
from services.pricing_watch.fetching.transport import Resolve, Sender, resolve
from services.pricing_watch.fetching.turns import Turn, Turns
from services.pricing_watch.fetching.visits import Visit
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
        self._sender = Sender(settings, self._guard, resolve)
        self._turns = Turns(settings, clock=clock, luck=luck)
        self._robots = Robots(settings, self._guard, self._asked, clock=clock)
        self._chromium = Chromium(settings)
        self._tasks: set[asyncio.Task[Fetched]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._chromium.aclose()
        await self._sender.aclose()

    def rest_of(self, host: str) -> float:
        """Seconds until a host may be asked again, when nothing is asked of it now."""
        return self._turns.rest_of(host)

    def delay_of(self, host: str) -> float:
        """The least seconds between two requests to a host."""
        return self._turns.delay_of(host)

    async def fetch(self, url: str, validators: Validators = NONE) -> Fetched:
        """Fetch a page, waiting for its host's turn.

        :raises FetchFault: when it is not had, with the kind of fault.
        """
        return await self._counted(self._fetched(url, validators))

    async def render(self, url: str) -> Fetched:
        """Fetch a page as Chromium shows it, always in full.

        :raises FetchFault: when it is not had, with the kind of fault.
        """
        return await self._counted(self._rendered(url))

    async def _counted(self, fetching: Coroutine[None, None, Fetched]) -> Fetched:
        task = asyncio.create_task(fetching)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            fetched = await task
        except FetchFault as fault:
            self._count(fault.kind)
            raise
        self._count("not_modified" if fetched.not_modified else "fetched")
        return fetched

    async def _fetched(self, url: str, validators: Validators) -> Fetched:
        async with self._arrived(self._guard.read(url), validators) as arrived:
            fetched = await self._read(arrived)
        # Sent to the page that redirected here, these would be taken for its own.
        return msgspec.structs.replace(fetched, validators=NONE) if arrived.is_elsewhere else fetched

    async def _rendered(self, url: str) -> Fetched:
        visit = Visit(self._settings, self._guard, self._robots, self._turns, self._sender)
        async with self._chromium.one_at_a_time:
            await self._chromium.running()  # or the page would be asked for in vain
            async with self._arrived(self._guard.read(url), NONE) as arrived, visit:
                page = (await self._read(arrived)).page
                visit.hold(arrived.url, arrived.rules, arrived.turn)
                return Fetched(await self._chromium.render(page, visit.load), NONE)

    @asynccontextmanager
    async def _arrived(self, url: httpx.URL, validators: Validators) -> AsyncIterator["_Arrived"]:
        """Where redirects end. They are followed by hand: each hop is checked as the first was, and in its own turn."""
        cookies = httpx.Cookies()
        for hop in range(1 + self._settings.max_redirects):
            rules = await self._robots.rules(url)
            rules.check(url)
            self._turns.ask_slowly(url.host, rules.delay)
            sent = validators if hop == 0 else NONE
            request = self._sender.request(url, {"Accept": ACCEPT, **_conditions(sent)})
            cookies.set_cookie_header(request)
            async with self._turns.turn(url.host) as turn, self._sender.send(request) as response:
                turn.answered(response.status_code, retry_after(response.headers))
                onward = next_hop(url, response)
                if onward is None:
                    yield _Arrived(url, rules, turn, response, sent, is_elsewhere=hop > 0)
                    return
                cookies.extract_cookies(response)
            url = self._guard.read(onward)
        raise FetchFault(
            Fault.TOO_MANY_REDIRECTS, f"{url.host} redirects more than {self._settings.max_redirects} times"
        )

    @asynccontextmanager
    async def _asked(self, url: httpx.URL) -> AsyncIterator[httpx.Response]:
        """A robots.txt, asked for in its host's turn."""
        request = self._sender.request(url, {"Accept": "text/plain, */*;q=0.1"})
        async with self._turns.turn(url.host) as turn, self._sender.send(request) as response:
            turn.answered(response.status_code, retry_after(response.headers))
            yield response

    async def _read(self, arrived: "_Arrived") -> Fetched:
        response, sent = arrived.response, arrived.sent
        not_modified = response.status_code == httpx.codes.NOT_MODIFIED and sent != NONE
        if not not_modified:
            check_answer(response)
        page = Page(
            url=str(arrived.url),
            body=b"" if not_modified else await read_body(response, self._settings.max_bytes),
            content_type=response.headers.get("Content-Type", ""),
            status=response.status_code,
            language=response.headers.get("Content-Language", ""),
        )
        return Fetched(page, _validators(response, sent if not_modified else NONE), not_modified)


class _Arrived(NamedTuple):
    """An answer that redirects no further, while its host's turn is held."""

    url: httpx.URL
    rules: Rules
    turn: Turn
    response: httpx.Response
    sent: Validators
    is_elsewhere: bool


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
