"""The shops over HTTP: told apart by the path's first part, `/northlight/products/LAMP-01`, or by the host's first
label, `northlight.example.org/products/LAMP-01`.
"""

import hashlib
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from services.simulator.shop import pages
from services.simulator.shop.catalogue import BY_NAME, COMPETITORS, Competitor, range_of
from services.simulator.shop.odd import odd_routes
from services.simulator.shop.prices import Offer, offer_at
from services.simulator.shop.request_log import RequestLog

ROBOTS = """\
User-agent: *
Disallow: /private/
Disallow: /*/private/
Disallow: /*?sort=
Crawl-delay: 1
"""


class Shop:
    """All shops in one ASGI app. `clock` tells seconds of the epoch: it moves the prices.

    `robots` holds, by host (without port), what is answered for `/robots.txt` there; other hosts get `ROBOTS`.
    `own` holds, by name, pages of one's own: `/own/{name}`.
    """

    def __init__(self, *, seed: int = 1, clock: Callable[[], float] = time.time) -> None:
        self._seed = seed
        self._clock = clock
        self._script = (Path(__file__).parent / "templates" / "offer.js").read_bytes()
        self.robots: dict[str, Response] = {}
        self.own: dict[str, str] = {}
        self.log = RequestLog(_ByHost(Starlette(routes=self._routes())))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.log(scope, receive, send)

    def offer(self, competitor: Competitor, sku: str) -> Offer | None:
        """What a competitor asks for a product now; none when it does not sell it."""
        product = range_of(competitor).get(sku)
        return None if product is None else offer_at(self._seed, competitor, product, self._clock())

    def _routes(self) -> list[Route]:
        return [
            Route("/_log", self._show_log),
            Route("/readyz", lambda _: PlainTextResponse("ok")),
            Route("/robots.txt", self._robots),
            Route("/own/{name}", self._own),
            Route("/assets/offer.js", self._offer_script),
            *odd_routes(),
            Route("/{shop}/", self._list),
            Route("/{shop}/products/{sku}", self._product),
            Route("/{shop}/private/{sku}", self._product),
            Route("/{shop}/app/{sku}", self._app),
            Route("/{shop}/api/products/{sku}.json", self._product_json),
        ]

    async def _show_log(self, _: Request) -> Response:
        return Response(msgspec.json.encode(list(self.log.requests)), media_type="application/json")

    async def _robots(self, request: Request) -> Response:
        return self.robots.get(request.url.hostname or "", PlainTextResponse(ROBOTS))

    async def _own(self, request: Request) -> Response:
        return HTMLResponse(self.own[request.path_params["name"]])

    async def _offer_script(self, _: Request) -> Response:
        return Response(self._script, media_type="text/javascript")

    async def _list(self, request: Request) -> Response:
        return HTMLResponse(pages.list_page(_competitor(request)))

    async def _product(self, request: Request) -> Response:
        competitor, sku, offer = self._asked(request)
        return _conditional(request, pages.product_page(competitor, sku, offer), offer.since, competitor)

    async def _app(self, request: Request) -> Response:
        return HTMLResponse(pages.script_page(*self._asked(request)))

    async def _product_json(self, request: Request) -> Response:
        return JSONResponse(pages.product_json(*self._asked(request)))

    def _asked(self, request: Request) -> tuple[Competitor, str, Offer]:
        competitor, sku = _competitor(request), request.path_params["sku"]
        offer = self.offer(competitor, sku)
        if offer is None:
            raise HTTPException(404)
        return competitor, sku, offer


class _ByHost:
    """Puts the shop that the host's first label names before the path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
            shop, path = host.partition(".")[0], scope["path"]
            if shop in BY_NAME and path.startswith(("/products/", "/private/", "/app/", "/api/")):
                scope = {**scope, "path": f"/{shop}{path}"}
        await self._app(scope, receive, send)


def _competitor(request: Request) -> Competitor:
    competitor = BY_NAME.get(request.path_params["shop"])
    if competitor is None:
        raise HTTPException(404, f"the shops are {', '.join(each.name for each in COMPETITORS)}")
    return competitor


def _conditional(request: Request, body: str, since: int, competitor: Competitor) -> Response:
    """The page, or that it has not changed (RFC 9110, 13.2.2)."""
    etag, changed = f'"{hashlib.sha256(body.encode()).hexdigest()[:16]}"', formatdate(since, usegmt=True)
    headers = {
        "ETag": etag,
        "Last-Modified": changed,
        "Content-Language": competitor.locale.replace("_", "-"),
    }
    if "If-None-Match" in request.headers:
        is_known = request.headers["If-None-Match"] == etag
    else:
        is_known = request.headers.get("If-Modified-Since") == changed
    return Response(status_code=304, headers=headers) if is_known else HTMLResponse(body, headers=headers)
