"""A cookie that only we can make: a short text and its signature, good for a time."""

from collections.abc import Sequence
from typing import Any

from fastapi import Request, Response
from itsdangerous import BadData, URLSafeTimedSerializer


class SignedCookie:
    """One kind of cookie. `secrets`: the newest last; it signs, the others are still good.

    `path` is where it is sent to; it is sent over HTTPS alone when `base_url` is one of HTTPS, and never to us by
    another site's page, unless `samesite` is `lax`: then by its links.
    """

    def __init__(
        self, name: str, secrets: Sequence[str], *, path: str, base_url: str, samesite: str = "strict"
    ) -> None:
        self._name = name
        self._signer = URLSafeTimedSerializer(list(secrets), salt=f"cadran-cookie-{name}")
        self._attributes: dict[str, Any] = {
            "path": path,
            "secure": base_url.startswith("https://"),
            "httponly": True,
            "samesite": samesite,
        }

    def put(self, response: Response, content: Any, seconds: int) -> None:
        """Have the browser keep what JSON can hold, for some seconds."""
        response.set_cookie(self._name, str(self._signer.dumps(content)), max_age=seconds, **self._attributes)

    def remove(self, response: Response) -> None:
        """Have the browser forget."""
        response.delete_cookie(self._name, **self._attributes)

    def read(self, request: Request, seconds: int) -> Any | None:
        """What it holds, if it is ours and not older than some seconds."""
        try:
            return self._signer.loads(request.cookies.get(self._name, ""), max_age=seconds)
        except BadData:
            return None
