"""What stands between the server and FastAPI."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common.http import problem_response, tellable
from services.ingest.metrics import IngestMetrics

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
