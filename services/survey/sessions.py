"""Who is signed in to the pages of the service: an API key, remembered by a cookie that holds its id alone."""

from fastapi import Request, Response

from services.common.auth import ApiKey, KeyRing, Scope
from services.common.errors import Forbidden, Unauthenticated
from services.common.signed_cookie import SignedCookie

COOKIE = "cadran_survey"
GOOD_FOR = 8 * 60 * 60
"""Seconds: a working day."""


class Sessions:
    """Sign-ins of keys that have a scope."""

    def __init__(self, cookie: SignedCookie, keys: KeyRing, scope: Scope) -> None:
        self._cookie = cookie
        self._keys = keys
        self._scope = scope

    def begin(self, response: Response, token: str, address: str = "") -> ApiKey:
        """Sign a key in, from an address.

        :raises Unauthenticated: when it is not known.
        :raises Forbidden: when it has not the scope.
        :raises TooManyRequests: when too many wrong ones came from there.
        """
        key = self._keys.check(token, self._scope, address)
        self._cookie.put(response, key.id, GOOD_FOR)
        return key

    def end(self, response: Response) -> None:
        """Have the browser forget."""
        self._cookie.remove(response)

    def current(self, request: Request) -> ApiKey | None:
        """The key that is signed in: it was not revoked since, and the time is not up."""
        key_id = self._cookie.read(request, GOOD_FOR)
        if key_id is None:
            return None
        try:
            return self._keys.recall(str(key_id), self._scope)
        except (Unauthenticated, Forbidden):
            return None
