"""A vendor's API as it may be met: it pages, limits, fails, hangs, and hangs up. Its data are a test's own."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

HANGS_SECONDS = 2.0
"""Longer than a client of a test waits."""


class Asked(NamedTuple):
    """A request as it came. `query`: the last of each name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """An answer: of JSON, whatever is to be encoded. `seconds`: how long it takes."""

    content: Any = None
    status: int = 200
    headers: Mapping[str, str] = {}
    seconds: float = 0.0


class Trouble(StrEnum):
    """What a request meets in place of its answer."""

    LIMITED = "limited"
    FAILS = "fails"
    HANGS = "hangs"
    HANGS_UP = "hangs up"
    NO_JSON = "no json"


class VendorServer:
    """Answers by `respond`; before that, each request takes one of the `troubles` that wait."""

    def __init__(self, respond: Callable[[Asked], Answer]) -> None:
        self.respond = respond
        self.asked: list[Asked] = []
        self.troubles: deque[Trouble] = deque()
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(request.method, request.path, dict(request.query), dict(request.headers), await request.read())
        self.asked.append(asked)
        trouble = self.troubles.popleft() if self.troubles else None
        if trouble is Trouble.LIMITED:
            return web.Response(status=429, headers={"Retry-After": "1"})
        if trouble is Trouble.FAILS:
            return web.Response(status=500)
        if trouble is Trouble.HANGS:
            await asyncio.sleep(HANGS_SECONDS)
        if trouble is Trouble.HANGS_UP:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if trouble is Trouble.NO_JSON:
            return web.Response(text="<html>maintenance", content_type="text/html", status=502)
        answer = self.respond(asked)
        await asyncio.sleep(answer.seconds)
        body = answer.content if isinstance(answer.content, bytes) else msgspec.json.encode(answer.content)
        headers = {"Content-Type": "application/json", **answer.headers}
        return web.Response(body=body, status=answer.status, headers=headers)


@contextmanager
def running_vendor(respond: Callable[[Asked], Answer]) -> Iterator[VendorServer]:
    """A server on a free port of this machine, for as long as it takes."""
    server = VendorServer(respond)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> web.AppRunner:
        app = web.Application(client_max_size=50_000_000)
        app.router.add_route("*", "/{path:.*}", server.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner

    runner = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
