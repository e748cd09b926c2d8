"""Through a proxy: it is asked for public names, and never for what is private by its form."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.common.errors import ConfigurationError
from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.fetcher import Fetcher
from services.pricing_watch.fetching.terms import FetchSettings
from tests.support.shop import CONTACT


class Proxy:
    """A proxy that answers itself, and notes what it was asked for."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head.split()[1])
        status = "404 Not Found" if "robots.txt" in head else "200 OK"
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        await writer.drain()
        writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    running = Proxy()
    async with await asyncio.start_server(running.answer, "127.0.0.1", 0) as server:
        running.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield running


async def no_resolver(host: str, port: int) -> list[str]:
    raise AssertionError("the proxy resolves")


def through(proxy: Proxy) -> Fetcher:
    return Fetcher(FetchSettings(contact=CONTACT, per_host_delay=0.0, proxy=proxy.url), resolve=no_resolver)


async def test_it_is_asked_for_public_names(proxy: Proxy) -> None:
    async with through(proxy) as fetcher:
        assert (await fetcher.fetch("http://shop.example/lamp")).page.status == 200
    assert proxy.asked == ["http://shop.example/robots.txt", "http://shop.example/lamp"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "169.254.169.254", "db.internal"])
async def test_it_is_not_asked_for_what_is_private(proxy: Proxy, host: str) -> None:
    async with through(proxy) as fetcher:
        with pytest.raises(FetchFault) as raised:
            await fetcher.fetch(f"http://{host}/")
    assert raised.value.kind is Fault.UNSAFE_ADDRESS
    assert proxy.asked == []


@pytest.mark.parametrize("proxy", ["", "proxy:3128", "socks5://proxy:1080"])
def test_a_proxy_that_is_none_is_told(proxy: str) -> None:
    with pytest.raises(ConfigurationError, match="http://host:port"):
        FetchSettings(contact=CONTACT, proxy=proxy)
