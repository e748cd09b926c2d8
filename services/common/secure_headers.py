"""What every answer tells the browser, so that no other site can use it and no link leaks.

Nothing allows another site's pages to read an answer (CORS): programs that are no pages need no leave.
"""

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'",
    # A link is a key: it must not travel. Not "no-referrer": with it, browsers hide from us too where a form is from.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
DOCS = re.compile(r"/(docs(/oauth2-redirect)?|redoc|static-offline-docs/.*)")
"""Pages of FastAPI's own, which run scripts and styles that are written into them. Nobody is signed in there."""
INLINE = "default-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:; "
OF_DOCS = {
    **HEADERS,
    "Content-Security-Policy": HEADERS["Content-Security-Policy"].replace("default-src 'self'; ", INLINE),
}


class SecureHeaders:
    """An ASGI middleware, around all others: errors that they answer bear the headers too. What is told, stays."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._added, self._added_to_docs = _encoded(HEADERS), _encoded(OF_DOCS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        added = self._added_to_docs if DOCS.fullmatch(scope["path"]) else self._added

        async def send_secure(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(each for each in added if each[0] not in told)]
            await send(message)

        await self.app(scope, receive, send_secure)


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
