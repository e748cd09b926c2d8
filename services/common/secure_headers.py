"""What every page tells the browser, so that no other site can use it and no link leaks."""

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    # A link is a key: it must not travel. Not "no-referrer": with it, browsers hide from us too where a form is from.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
DOCS = re.compile(r"/(docs(/oauth2-redirect)?|redoc|static-offline-docs/.*)")
"""Pages of FastAPI's own, which run scripts that are written into them."""


class SecureHeaders:
    """An ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._added = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_secure(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._added]
            await send(message)

        is_page = scope["type"] == "http" and not DOCS.fullmatch(scope["path"])
        await self._app(scope, receive, send_secure if is_page else send)
