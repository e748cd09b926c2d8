"""A server that accepts every request and does nothing: what the load generator can send at most.

`python -m tests.benchmarks.peers.nothing PORT`
"""

import asyncio
import sys

import uvloop

from tests.benchmarks.load import LIMIT, body_length


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            await reader.readexactly(body_length(await reader.readuntil(b"\r\n\r\n")))
            writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
    except asyncio.IncompleteReadError:
        writer.close()


async def main() -> None:
    async with await asyncio.start_server(answer, "127.0.0.1", int(sys.argv[1]), limit=LIMIT) as server:
        await server.serve_forever()


uvloop.run(main())
