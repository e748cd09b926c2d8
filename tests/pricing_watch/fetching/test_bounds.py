"""Answers that try to use up our time or memory are bounded."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.fetcher import Fetcher
from services.pricing_watch.fetching.terms import FetchSettings
from tests.support.shop import CONTACT, RunningShop, resolve_test_names

MAX_BYTES = 1 << 20


async def fault_of(fetcher: Fetcher, url: str) -> Fault:
    async with asyncio.timeout(60):
        with pytest.raises(FetchFault) as raised:
            await fetcher.fetch(url)
    return raised.value.kind


def enough_for(kind: Fault) -> float:
    """Seconds: few where they are to run out, many where a busy machine is to come to something else before."""
    return 3.0 if kind is Fault.TIMEOUT else 30.0


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/odd/drip", Fault.TIMEOUT),
        ("/odd/hang", Fault.TIMEOUT),
        ("/odd/endless", Fault.TOO_LARGE),
        ("/odd/bomb/gzip", Fault.TOO_LARGE),
        ("/odd/bomb/br", Fault.TOO_LARGE),
        ("/odd/bomb/zstd", Fault.TOO_LARGE),
        ("/odd/huge-header", Fault.SERVER),
        ("/odd/loop", Fault.TOO_MANY_REDIRECTS),
    ],
)
async def test_hostile_answers_end(shop: RunningShop, path: str, kind: Fault) -> None:
    async with shop.fetcher(max_bytes=MAX_BYTES, total_timeout=enough_for(kind)) as fetcher:
        assert await fault_of(fetcher, shop.url(path)) is kind
        assert (await fetcher.fetch(shop.url("/odd/page"))).page.status == 200


@pytest.mark.parametrize("path", ["/odd/endless", "/odd/bomb/gzip", "/odd/bomb/br", "/odd/bomb/zstd"])
async def test_no_more_memory_than_a_few_times_the_limit(shop: RunningShop, path: str) -> None:
    async with shop.fetcher(max_bytes=MAX_BYTES) as fetcher:
        await fault_of(fetcher, shop.url(path))  # the shop makes its bomb, which is counted here as well
        await fetcher.fetch(shop.url("/odd/page"))
        tracemalloc.start()
        try:
            await fault_of(fetcher, shop.url(path))
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 16 * MAX_BYTES


@asynccontextmanager
async def answering(*parts: bytes, pause: float = 0.0) -> AsyncIterator[str]:
    """A server that is not even one: it sends bytes to whoever asks for a page, and no robots.txt."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await reader.readuntil(b"\r\n\r\n")
            if asked.startswith(b"GET /robots.txt"):
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)
        except OSError:
            return
        finally:
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"raw.test:{server.sockets[0].getsockname()[1]}"


HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ([HTML + b"Content-Length: 99999999999999\r\n\r\n"], Fault.TOO_LARGE),
        ([HTML + b"Content-Length: 100\r\n\r\nshort"], Fault.SERVER),
        ([HTML + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"], Fault.SERVER),
        ([HTML + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n"], Fault.SERVER),
        ([HTML + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"], Fault.SERVER),
        ([HTML] + [b"X-Header: x\r\n"] * 20_000, Fault.SERVER),
        ([HTML, b"X-Long: "] + [b"x" * 1000] * 1000, Fault.SERVER),
        ([b"HTTP/1.1 100 Continue\r\n\r\n"] * 100_000, Fault.TIMEOUT),
        ([b"HTTP/1.1 200 OK\r\n"], Fault.SERVER),
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], Fault.SERVER),
        ([b"\x16\x03\x01\x00\x05"], Fault.SERVER),
        ([b""], Fault.SERVER),
    ],
)
async def test_what_is_no_http_is_told(parts: list[bytes], kind: Fault) -> None:
    pause = 0.001 if kind is Fault.TIMEOUT else 0.0
    async with answering(*parts, pause=pause) as place:
        settings = FetchSettings(
            contact=CONTACT, per_host_delay=0.0, total_timeout=enough_for(kind), allowed_hosts=frozenset({place})
        )
        async with Fetcher(settings, resolve=resolve_test_names) as fetcher:
            assert await fault_of(fetcher, f"http://{place}/") is kind


async def test_a_name_server_that_does_not_answer(shop: RunningShop) -> None:
    async def silent(host: str, port: int) -> list[str]:
        await asyncio.sleep(3600)
        return []

    async with Fetcher(FetchSettings(contact=CONTACT, connect_timeout=0.2), resolve=silent) as fetcher:
        assert await fault_of(fetcher, "https://shop.example/") is Fault.UNREACHABLE
