"""What a rendered page loads: each request checked as a page is, one at a time, all of them in one turn of their host.

So a host that is asked for a page and its scripts sees them one after the other, with the delay before and after.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import NamedTuple, Self

import httpx

from services.pricing_watch.fetching.addresses import AddressGuard, origin_of
from services.pricing_watch.fetching.answers import next_hop, retry_after
from services.pricing_watch.fetching.bodies import read_body
from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.robots import Robots, Rules
from services.pricing_watch.fetching.terms import FetchSettings
from services.pricing_watch.fetching.transport import Sender
from services.pricing_watch.fetching.turns import Turn, Turns


class Resource(NamedTuple):
    """What a page asks for."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None = None


class Loaded(NamedTuple):
    """What it gets."""

    status: int
    headers: httpx.Headers
    body: bytes


class Held(NamedTuple):
    """A host's turn, while it is ours, and the rules of the origin that is asked there."""

    origin: str
    rules: Rules
    turn: Turn


class Visit:
    """One rendered page's requests. A context manager: leaving it ends them and gives the turns back."""

    def __init__(
        self, settings: FetchSettings, guard: AddressGuard, robots: Robots, turns: Turns, sender: Sender
    ) -> None:
        self._settings = settings
        self._guard = guard
        self._robots = robots
        self._turns = turns
        self._sender = sender
        self._held: dict[str, Held] = {}
        self._stack = AsyncExitStack()
        self._one_at_a_time = asyncio.Lock()
        self._tasks: set[asyncio.Task[Loaded]] = set()
        self._requests_left = settings.max_resources
        self._bytes_left = settings.max_bytes

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    def hold(self, url: httpx.URL, rules: Rules, turn: Turn) -> None:
        """The page's own host, whose turn is ours already."""
        self._held[url.host] = Held(origin_of(url), rules, turn)

    async def load(self, resource: Resource) -> Loaded:
        """Load a resource.

        :raises FetchFault: when it may not be loaded, is too much, or does not come.
        """
        task = asyncio.create_task(self._load(resource))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait({task})
        if task.cancelled():
            raise FetchFault(Fault.TIMEOUT, "the page is not waited for any longer")
        return task.result()

    async def _load(self, resource: Resource) -> Loaded:
        async with self._one_at_a_time:
            url = self._guard.read(resource.url)
            while True:
                held = await self._hold(url)
                held.rules.check(url)
                answer = await self._ask(url, resource, held.turn)
                if isinstance(answer, Loaded):
                    return answer
                if resource.method != "GET":
                    raise FetchFault(Fault.TOO_MANY_REDIRECTS, f"{url.host} redirects what was not only asked for")
                url = self._guard.read(answer)

    async def _hold(self, url: httpx.URL) -> Held:
        held = self._held.get(url.host)
        if held is None:
            rules = await self._robots.rules(url)
            self._turns.ask_slowly(url.host, rules.delay)
            turn = await self._stack.enter_async_context(self._turns.turn(url.host))
            held = self._held[url.host] = Held(origin_of(url), rules, turn)
        if held.origin != origin_of(url):
            # Its robots.txt would have to wait for the turn that we hold.
            raise FetchFault(Fault.BLOCKED, f"the page loads from two ports or schemes of {url.host}")
        return held

    async def _ask(self, url: httpx.URL, resource: Resource, turn: Turn) -> Loaded | str:
        """One request; the resource, or where it is to be had."""
        if self._requests_left <= 0:
            raise FetchFault(Fault.TOO_LARGE, f"the page loads more than {self._settings.max_resources} resources")
        self._requests_left -= 1
        request = self._sender.request(url, resource.headers, method=resource.method, content=resource.content)
        try:
            async with self._sender.send(request) as response:
                turn.answered(response.status_code, retry_after(response.headers))
                onward = next_hop(url, response)
                if onward is not None:
                    return onward
                body = await read_body(response, self._bytes_left)
        except FetchFault as fault:
            turn.failed(fault.kind)
            raise
        self._bytes_left -= len(body)
        return Loaded(response.status_code, response.headers, body)
