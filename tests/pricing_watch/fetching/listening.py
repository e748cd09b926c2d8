"""A server that must never be reached: it counts who connects."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Listener:
    """A private service on a port of this machine."""

    def __init__(self) -> None:
        self.port = 0
        self.met_at: list[str] = []
        """The addresses of ours that were connected to."""

    @property
    def connections(self) -> int:
        return len(self.met_at)

    async def met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.met_at.append(writer.get_extra_info("sockname")[0])
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret"
        )
        with contextlib.suppress(OSError):
            await writer.drain()
            writer.close()


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """Listens on every loopback address of both protocols, on one port."""
    listener = Listener()
    async with contextlib.AsyncExitStack() as stack:
        for host in ("0.0.0.0", "::1"):  # noqa: S104 - every 127.x address is to be caught
            server = await asyncio.start_server(listener.met, host, listener.port)
            await stack.enter_async_context(server)
            listener.port = server.sockets[0].getsockname()[1]
        yield listener
