"""What was asked of the shop, and when: how whoever fetches behaves is seen here and nowhere else."""

import time
from collections import deque

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT = 20_000
NOTED = ("user-agent", "if-none-match", "if-modified-since", "accept-encoding", "cookie")


class Request(msgspec.Struct, kw_only=True):
    """One request. Times are seconds of the machine's monotonic clock; `ended` is none while it is answered."""

    method: str
    host: str
    path: str
    query: str
    headers: dict[str, str]
    began: float
    ended: float | None = None
    status: int = 0


class RequestLog:
    """An ASGI middleware that keeps the latest requests."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.requests: deque[Request] = deque(maxlen=KEPT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == "/_log":
            await self._app(scope, receive, send)
            return
        request = _noted(scope)
        self.requests.append(request)

        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                request.status = message["status"]
            elif not message.get("more_body"):
                request.ended = time.monotonic()  # before the client can have the end of it
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            if request.ended is None:
                request.ended = time.monotonic()


def _noted(scope: Scope) -> Request:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(
        method=scope["method"],
        host=headers.get("host", ""),
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        headers={name: headers[name] for name in NOTED if name in headers},
        began=time.monotonic(),
    )
