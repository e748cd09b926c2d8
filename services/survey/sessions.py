"""Who is signed in to the pages of the service: an API key, remembered by a cookie that holds its id alone."""

from collections.abc import Sequence

from fastapi import Request, Response
from itsdangerous import BadData, URLSafeTimedSerializer

from services.common.auth import ApiKey, KeyRing, Scope
from services.common.errors import Forbidden, Unauthenticated

COOKIE = "cadran_survey"
GOOD_FOR = 8 * 60 * 60
"""Seconds: a working day."""


class Sessions:
    """Sign-ins of keys that have a scope. `secrets`: the newest last; it signs, the others are still good.

    `path` is where the cookie is sent to; it is sent over HTTPS alone when `base_url` is one of HTTPS.
    """

    def __init__(self, secrets: Sequence[str], keys: KeyRing, scope: Scope, *, path: str, base_url: str) -> None:
        self._signer = URLSafeTimedSerializer(list(secrets), salt="cadran-session")
        self._keys = keys
        self._scope = scope
        self._path = path
        self._is_https = base_url.startswith("https://")

    def begin(self, response: Response, token: str) -> ApiKey:
        """Sign a key in.

        :raises Unauthenticated: when it is not known.
        :raises Forbidden: when it has not the scope.
        """
        key = self._keys.check(token, self._scope)
        response.set_cookie(
            COOKIE,
            str(self._signer.dumps(key.id)),
            max_age=GOOD_FOR,
            path=self._path,
            secure=self._is_https,
            httponly=True,
            samesite="strict",
        )
        return key

    def end(self, response: Response) -> None:
        """Have the browser forget."""
        response.delete_cookie(COOKIE, path=self._path, secure=self._is_https, httponly=True, samesite="strict")

    def current(self, request: Request) -> ApiKey | None:
        """The key that is signed in: it was not revoked since, and the time is not up."""
        try:
            key_id = self._signer.loads(request.cookies.get(COOKIE, ""), max_age=GOOD_FOR)
            return self._keys.recall(str(key_id), self._scope)
        except (BadData, Unauthenticated, Forbidden):
            return None
