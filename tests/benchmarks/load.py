"""A load generator that costs little: requests made before, sent over connections that are kept.

Libraries for HTTP take longer to send an event than the gateway takes to accept one, on the same machine.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator

LIMIT = 1 << 20
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def post(path: str, key: str, content_type: str, body: bytes) -> bytes:
    """A request, as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {key}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*head, "", "")).encode() + body


def body_length(head: bytes) -> int:
    """The length of the body that follows a head."""
    found = LENGTH.search(head)
    return int(found[1]) if found else 0


async def send_all(port: int, requests: Iterable[bytes], connections: int) -> None:
    """Send every request, each connection the next one as soon as its last was accepted."""
    shared = iter(requests)
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(_send(port, shared))


async def _send(port: int, requests: Iterator[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=LIMIT)
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(body_length(head))
        if not head.startswith(b"HTTP/1.1 202 "):
            raise RuntimeError(f"refused: {head.decode()}{body.decode()[:500]}")
    writer.close()
    await writer.wait_closed()
