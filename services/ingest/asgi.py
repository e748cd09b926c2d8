"""What stands between the server and FastAPI."""

from collections.abc import Awaitable, Callable, Container, Mapping

from fastapi import Request, Response
from opentelemetry.trace import Span, StatusCode
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common.http import problem_response, tellable
from services.common.tracing import Tracing
from services.ingest.metrics import IngestMetrics

SERVER_ERROR = 500

Endpoint = Callable[[Request], Awaitable[Response]]


class DirectPosts:
    """Hands a POST to one of some paths straight to its endpoint, and all else to the app.

    The app knows these endpoints too: it documents them, and answers the other methods. But it takes longer to find and
    call one than the endpoint takes. What is raised becomes the same answer here as there.
    """

    def __init__(self, app: ASGIApp, endpoints: Mapping[str, Endpoint]) -> None:
        self._app = app
        self._endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._endpoints.get(scope["path"]) if scope.get("method") == "POST" else None
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        try:
            response = await endpoint(Request(scope, receive))
        except ClientDisconnect:
            return  # nobody is there to be answered
        except Exception as error:
            response = problem_response(tellable(scope["path"], error))
        await response(scope, receive, send)


class CountRefused:
    """Counts the requests that are refused, by their status."""

    def __init__(self, app: ASGIApp, metrics: IngestMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                self._metrics.refused.labels(str(message["status"])).inc()
            await send(message)

        await self._app(scope, receive, counting if scope.get("path", "").startswith("/v1/") else send)


class TracedPosts:
    """Begins a span for every POST, or goes on with its sender's.

    A path may name an account, so what is told of it is its route; none where the app knows no such path.
    """

    def __init__(self, app: ASGIApp, tracing: Tracing, direct: Container[str]) -> None:
        self._app = app
        self._tracing = tracing
        self._direct = direct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != "POST":
            await self._app(scope, receive, send)
            return
        carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with self._tracing.request("POST", scope["scheme"], carrier) as span:

            async def telling(message: Message) -> None:
                if message["type"] == "http.response.start":
                    tell_answer(span, self._route(scope), message["status"])
                await send(message)

            await self._app(scope, receive, telling)

    def _route(self, scope: Scope) -> str | None:
        if scope["path"] in self._direct:
            return str(scope["path"])
        return getattr(scope.get("route"), "path", None)


def tell_answer(span: Span, route: str | None, status: int) -> None:
    """What is known of a request once it is answered."""
    span.set_attribute("http.response.status_code", status)
    if route:
        span.update_name(f"POST {route}")
        span.set_attribute("http.route", route)
    if status >= SERVER_ERROR:
        span.set_attribute("error.type", str(status))
        span.set_status(StatusCode.ERROR)
