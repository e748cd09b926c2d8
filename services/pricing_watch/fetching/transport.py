"""Connections to checked addresses only.

A name is resolved once for a connection, every address it has is checked, and the checked address itself is connected
to; TLS and the Host header keep the name. So there is no moment in which a name server could change its mind. With a
proxy it is the proxy that resolves: it must refuse private addresses itself.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from ipaddress import ip_address

import httpcore
import httpx

from services.pricing_watch.fetching.addresses import AddressGuard
from services.pricing_watch.fetching.bodies import CODINGS
from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.terms import FetchSettings

MAX_TRIED = 3
"""Addresses of one host that are tried."""
KEEP_ALIVE = 15.0
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=KEEP_ALIVE)

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""From a host and port to addresses; OSError when there are none."""


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Connects to the addresses that it has checked."""

    def __init__(self, guard: AddressGuard, resolve: Resolve) -> None:
        self._guard = guard
        self._resolve = resolve
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """
        :raises FetchFault: when one of the host's addresses may not be connected to, or it has none.
        """
        addresses = (await self._checked(host, port, timeout))[:MAX_TRIED]
        share = timeout and timeout / len(addresses)
        for address in addresses[:-1]:
            try:
                return await self._backend.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._backend.connect_tcp(addresses[-1], port, share, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)

    async def _checked(self, host: str, port: int, timeout: float | None) -> list[str]:  # noqa: ASYNC109
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):
            addresses = []
        if not addresses:
            raise FetchFault(Fault.UNREACHABLE, f"{host} has no address")
        for address in addresses:
            self._guard.check(host, port, ip_address(address))
        return addresses


class PinnedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport, whose only work at its making is a pool, on a pool that connects by our backend."""

    def __init__(self, backend: PinnedBackend) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=LIMITS.max_connections,
            max_keepalive_connections=LIMITS.max_keepalive_connections,
            keepalive_expiry=LIMITS.keepalive_expiry,
            http2=True,
            network_backend=backend,
        )


class Sender:
    """Sends single requests. The transport is used without a client, which would keep cookies, follow redirects and
    read proxies from the environment.
    """

    def __init__(self, settings: FetchSettings, guard: AddressGuard, resolve: Resolve) -> None:
        self._settings = settings
        self._transport = (
            httpx.AsyncHTTPTransport(http2=True, proxy=settings.proxy, limits=LIMITS)
            if settings.proxy
            else PinnedTransport(PinnedBackend(guard, resolve))
        )
        timeout = httpx.Timeout(settings.total_timeout, connect=settings.connect_timeout)
        self._extensions = {"timeout": timeout.as_dict()}

    def request(
        self, url: httpx.URL, headers: Mapping[str, str], *, method: str = "GET", content: bytes | None = None
    ) -> httpx.Request:
        """A request that says who asks."""
        always = {"User-Agent": self._settings.identity, "Accept-Encoding": CODINGS}
        return httpx.Request(method, url, headers={**headers, **always}, content=content, extensions=self._extensions)

    @asynccontextmanager
    async def send(self, request: httpx.Request) -> AsyncIterator[httpx.Response]:
        """Send a request; its answer's body is read inside the context, which bounds the time of all of it.

        :raises FetchFault: `timeout`, `tls`, `unreachable`, `unsafe_address` or `server`.
        """
        with told_as_faults(request.url.host):
            async with asyncio.timeout(self._settings.total_timeout):
                response = await self._answer(request)
                try:
                    yield response
                finally:
                    await response.aclose()

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await self._transport.handle_async_request(request)
        except ValueError as error:  # of httpcore, for a status of HTTP/2 that is no number
            raise httpx.RemoteProtocolError(str(error)) from error
        response.request = request
        return response


@contextmanager
def told_as_faults(host: str) -> Iterator[None]:
    """Tell what goes wrong on the way as faults.

    :raises FetchFault: `timeout`, `tls`, `unreachable` or `server`.
    """
    try:
        yield
    except (TimeoutError, httpx.TimeoutException):
        raise FetchFault(Fault.TIMEOUT, f"{host} did not answer in time") from None
    except httpx.ProtocolError:
        raise FetchFault(Fault.SERVER, f"{host} breaks off or does not speak HTTP as it should") from None
    except httpx.TransportError as error:
        if _is_of_tls(error):
            raise FetchFault(Fault.TLS, f"{host} has no certificate that can be trusted, or no TLS") from None
        raise FetchFault(Fault.UNREACHABLE, f"{host} cannot be connected to") from None


def _is_of_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
