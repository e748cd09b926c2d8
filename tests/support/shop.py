"""The simulator's shop, running, and fetchers that may reach it."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple
from urllib.parse import quote

import uvicorn
from starlette.responses import PlainTextResponse

from services.pricing_watch.fetching.fetcher import Fetcher
from services.pricing_watch.fetching.terms import FetchSettings
from services.simulator.shop.app import Shop
from services.simulator.shop.request_log import Request

CONTACT = "https://cadran.example/robot"
HOST = "shop.test"
"""Its robots.txt asks for no delay, so that a test need not wait."""
ROBOTS = "User-agent: *\nDisallow: /private/\nDisallow: /*/private/\n"
ALL_SOLD = 1_790_028_800.0
"""A moment at which no product has vanished, as they do now and then by the shop's own clock."""


class RunningShop(NamedTuple):
    """A shop that listens, and the port it listens on. Names under `.test` lead to it."""

    shop: Shop
    port: int

    def url(self, path: str, host: str = HOST) -> str:
        return f"http://{host}:{self.port}{path}"

    def local(self, path: str) -> str:
        """A URL for clients that ask no resolver of ours."""
        return f"http://127.0.0.1:{self.port}{path}"

    def leading(self, page: str, to: str) -> str:
        """An odd page that leads to somewhere else."""
        return self.url(f"/odd/{page}?to={quote(to, safe='')}")

    def requests(self, path: str = "") -> list[Request]:
        """What was asked of it below a path, in order."""
        return [request for request in self.shop.log.requests if request.path.startswith(path)]

    def settings(self, *hosts: str, **settings: Any) -> FetchSettings:
        """Settings under which some hosts may be fetched from, at a pace that a test can wait for."""
        allowed = frozenset(f"{host}:{self.port}" for host in hosts or (HOST,))
        return FetchSettings(**{"contact": CONTACT, "per_host_delay": 0.02, "allowed_hosts": allowed, **settings})

    def fetcher(self, *hosts: str, **settings: Any) -> Fetcher:
        return Fetcher(self.settings(*hosts, **settings), resolve=resolve_test_names)


async def resolve_test_names(host: str, port: int) -> list[str]:
    """A resolver that knows names under `.test`, and this machine's address."""
    if host.endswith(".test") or host == "127.0.0.1":
        return ["127.0.0.1"]
    raise OSError("no such name")


async def until(happened: Callable[[], object]) -> None:
    """Wait for what another thread does."""
    while not happened():  # noqa: ASYNC110 - no event of this loop tells it
        await asyncio.sleep(0.01)


@contextmanager
def running_shop(addresses: Sequence[str] = ("127.0.0.1",), **options: Any) -> Iterator[RunningShop]:
    """A shop on a free port, of one address of this machine or several: then it looks like several hosts."""
    shop = Shop(**{"clock": lambda: ALL_SOLD, **options})
    shop.robots[HOST] = PlainTextResponse(ROBOTS)
    config = uvicorn.Config(shop, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((addresses[0], 0)))
        port = listener.getsockname()[1]
        more = [stack.enter_context(socket.create_server((address, port))) for address in addresses[1:]]
        sockets = [listener, *more]
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=sockets)), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield RunningShop(shop, port)
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()
