"""Pages that a fetcher must come through unharmed: errors, traps and floods. All are under `/odd/`."""

import asyncio
import functools
import gzip
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import brotli
import zstandard
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

BOMB = 64 << 20
"""Bytes that a bomb unpacks to."""
HUGE_HEADER = 1 << 20
DRIP = 0.05
"""Seconds between two bytes of a slow answer."""

SOFT_404 = "<title>Page not found</title><h1>Sorry, this page is not here any more</h1><p>Bestseller: 19.90 €</p>"
LOGIN_WALL = "<title>Log in</title><form method=post><h1>Log in to see prices</h1><input type=password></form>"
CHALLENGE = "<title>One moment</title><p>Checking that you are not a robot</p>"


REACHING = """\
<!doctype html><title>Reaching out</title><link rel="preconnect" href="{to}"><link rel="dns-prefetch" href="{to}">
<link rel="stylesheet" href="{to}style"><img src="{to}image" alt=""><iframe src="{to}frame"></iframe>
<script src="{to}script"></script><video src="{to}film"></video><p id="done"></p>
<script>
const tried = (name, attempt) => {{ try {{ attempt(); }} catch {{ done.append(name, " failed at once "); }} }};
tried("socket", () => new WebSocket("{to}socket".replace("http", "ws")));
tried("beacon", () => navigator.sendBeacon("{to}beacon", "x"));
tried("events", () => new EventSource("{to}events"));
tried("window", () => window.open("{to}window"));
tried("worker", () => new Worker(URL.createObjectURL(new Blob(["fetch('{to}worker')"]))));
tried("service worker", () => navigator.serviceWorker?.register("/odd/worker.js"));
tried("call", () => new RTCPeerConnection({{iceServers: [{{urls: "stun:127.0.0.1"}}]}}).createDataChannel("x"));
fetch("{to}fetch", {{mode: "no-cors"}}).then(() => done.append("fetched"), () => done.append("refused"));
fetch("{to}post", {{method: "POST", mode: "no-cors", body: "x"}}).catch(() => 0);
</script>"""
"""A page that tries every way to reach an address from inside a browser."""


def odd_routes() -> list[Route]:
    """The pages. What is counted lives as long as the routes do."""
    seen: Counter[str] = Counter()

    async def flaky(request: Request) -> Response:
        """`/odd/flaky/3/x`: 503 to the first three requests for it, then a page."""
        seen[request.url.path] += 1
        return _page() if seen[request.url.path] > request.path_params["times"] else Response(status_code=503)

    return [
        Route("/odd/page", _ordinary),
        Route("/odd/flaky/{times:int}/{name}", flaky),
        Route("/odd/status/{status:int}", _status),
        Route("/odd/redirect", _redirect),
        Route("/odd/chain/{left:int}", _chain),
        Route("/odd/loop", _loop),
        Route("/odd/cookie", _cookie),
        Route("/odd/drip", _drip),
        Route("/odd/hang", _hang),
        Route("/odd/endless", _endless),
        Route("/odd/bomb/{coding}", _bomb),
        Route("/odd/packed/{coding}", _packed_page),
        Route("/odd/garbled/{coding}", _garbled),
        Route("/odd/huge-header", _huge_header),
        Route("/odd/reaching", _reaching),
        Route("/odd/moving", _moving),
        Route("/odd/never-resting", lambda _: HTMLResponse("<p>9.90</p><script>for (;;) {}</script>")),
        Route("/odd/soft-404", lambda _: HTMLResponse(SOFT_404)),
        Route("/odd/login-wall", lambda _: HTMLResponse(LOGIN_WALL)),
        Route("/odd/challenge", lambda _: HTMLResponse(CHALLENGE, 503, {"CF-Mitigated": "challenge"})),
        Route("/odd/picture.png", lambda _: Response(b"\x89PNG\r\n\x1a\n", media_type="image/png")),
        Route("/odd/no-type", lambda _: Response(b"<p>1.00</p>")),
        Route("/odd/unconditional-304", lambda _: Response(status_code=304)),
    ]


def _page() -> Response:
    return HTMLResponse("<title>A page</title><h1>A page</h1><p>9.90 €</p>")


async def _ordinary(_: Request) -> Response:
    return _page()


async def _status(request: Request) -> Response:
    """`?after=3` asks to wait so many seconds, `?until=3` the same as a date."""
    headers = {}
    if "after" in request.query_params:
        headers["Retry-After"] = request.query_params["after"]
    if "until" in request.query_params:
        until = datetime.now(UTC) + timedelta(seconds=float(request.query_params["until"]))
        headers["Retry-After"] = format_datetime(until, usegmt=True)
    return Response(status_code=request.path_params["status"], headers=headers)


async def _redirect(request: Request) -> Response:
    """`?to=…`: to anywhere, byte for byte."""
    response = Response(status_code=302)
    response.raw_headers.append((b"location", request.query_params["to"].encode()))
    return response


async def _chain(request: Request) -> Response:
    left = request.path_params["left"]
    return RedirectResponse(f"/odd/chain/{left - 1}", 301) if left else _page()


async def _loop(_: Request) -> Response:
    return RedirectResponse("/odd/loop")


async def _cookie(request: Request) -> Response:
    """A page for who brings the cookie back."""
    if request.cookies.get("seen"):
        return _page()
    response = RedirectResponse("/odd/cookie")
    response.set_cookie("seen", "yes")
    return response


async def _drip(_: Request) -> Response:
    async def drops() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(DRIP)

    return StreamingResponse(drops(), media_type="text/html")


async def _hang(_: Request) -> Response:
    await asyncio.sleep(3600)
    return _page()


async def _endless(_: Request) -> Response:
    async def flood() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 16)
            await asyncio.sleep(0)  # or nobody would notice that the client has gone

    return StreamingResponse(flood(), media_type="text/html")


async def _bomb(request: Request) -> Response:
    coding = request.path_params["coding"]
    return Response(_bomb_in(coding), media_type="text/html", headers={"Content-Encoding": coding})


@functools.cache
def _bomb_in(coding: str) -> bytes:
    return _packed(bytes(BOMB), coding)


async def _packed_page(request: Request) -> Response:
    coding = request.path_params["coding"]
    packed = _packed(b"<h1>A page</h1><p>9.90</p>", coding)
    return Response(packed, media_type="text/html", headers={"Content-Encoding": coding})


def _packed(body: bytes, coding: str) -> bytes:
    match coding:
        case "gzip":
            return gzip.compress(body, 9)
        case "br":
            return bytes(brotli.compress(body, quality=5))
        case _:
            return zstandard.ZstdCompressor().compress(body)


async def _garbled(request: Request) -> Response:
    """What says that it is packed and is not."""
    return Response(b"<p>1.00</p>", media_type="text/html", headers={"Content-Encoding": request.path_params["coding"]})


async def _reaching(request: Request) -> Response:
    """`?to=http://…/`: what it tries to reach."""
    return HTMLResponse(REACHING.format(to=request.query_params["to"]))


async def _moving(request: Request) -> Response:
    """`?to=…`: a page that sends the browser elsewhere by script."""
    return HTMLResponse(f"<p>moving</p><script>location = {json.dumps(request.query_params['to'])}</script>")


async def _huge_header(_: Request) -> Response:
    return Response(b"", media_type="text/html", headers={"X-Huge": "x" * HUGE_HEADER})
