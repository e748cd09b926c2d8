"""Bodies of answers, read and unpacked to a limit: a few bytes can unpack to gigabytes."""

import io
import zlib

import brotli
import httpx
import zstandard

from services.pricing_watch.fetching.faults import Fault, FetchFault

CODINGS = "gzip, br, zstd"
"""What `Accept-Encoding` asks for."""
MAX_WINDOW = 8 << 20
"""Of zstd over HTTP (RFC 9659)."""


async def read_body(response: httpx.Response, limit: int) -> bytes:
    """A body, unpacked.

    :raises FetchFault: `too_large` as soon as it is known to be; `server` when it cannot be unpacked.
    """
    announced = response.headers.get("Content-Length", "0")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise _too_large(limit)
    raw = await _read_raw(response, limit)
    if len(raw) > limit:
        raise _too_large(limit)
    body = _unpacked(response, raw, limit)
    if len(body) > limit:
        raise _too_large(limit)
    return body


async def read_beginning(response: httpx.Response, limit: int) -> bytes:
    """A body's first bytes, unpacked; the rest is left.

    :raises FetchFault: `server` when it cannot be unpacked.
    """
    return _unpacked(response, await _read_raw(response, limit), limit)[:limit]


async def _read_raw(response: httpx.Response, limit: int) -> bytes:
    """The body as it is sent, or a little more than the limit of it."""
    chunks, size = [], 0
    async for chunk in response.aiter_raw():
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            break
    return b"".join(chunks)


def _unpacked(response: httpx.Response, raw: bytes, limit: int) -> bytes:
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    try:
        return unpack(raw, coding, limit + 1)
    except (zlib.error, brotli.error, zstandard.ZstdError):
        raise FetchFault(Fault.SERVER, f"{response.url.host} sends a body that cannot be unpacked") from None


def unpack(raw: bytes, coding: str, limit: int) -> bytes:
    """What a content coding hides, up to a limit.

    :raises FetchFault: `server` for a coding that was not asked for.
    """
    match coding:
        case "" | "identity":
            return raw[:limit]
        case "gzip" | "x-gzip":
            return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(raw, limit)
        case "br":
            return bytes(brotli.Decompressor().process(raw, output_buffer_limit=limit)[:limit])
        case "zstd":
            return zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).stream_reader(io.BytesIO(raw)).read(limit)
    raise FetchFault(Fault.SERVER, "the body is packed in a way that was not asked for")


def _too_large(limit: int) -> FetchFault:
    return FetchFault(Fault.TOO_LARGE, f"the page has more than {limit >> 10} KiB")
