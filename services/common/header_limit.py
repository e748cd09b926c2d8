"""A bound on the headers of a request: Python 3.11's own reading of cookies takes the square of their length."""

from starlette.types import ASGIApp, Receive, Scope, Send

MOST_HEADER_BYTES = 32 * 1024
"""Of all names and values together; other servers take 8 to 16 kB."""


class HeaderLimit:
    """An ASGI middleware, around all others: what has more is left to `refuse` before anything reads it.

    Source: CVE-2024-7592; a cookie of 1 MB held the server up for more than a minute.
    """

    def __init__(self, app: ASGIApp, refuse: ASGIApp) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = sum(len(name) + len(value) for name, value in scope.get("headers", ()))
        app = self._app if size <= MOST_HEADER_BYTES else self._refuse
        await app(scope, receive, send)
