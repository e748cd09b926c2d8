"""Who is signed in: a cookie that holds a name, and a trace of the password that it was given for."""

import hashlib

from fastapi import Request, Response

from services.board.users import User, Users
from services.common.errors import Unauthenticated
from services.common.signed_cookie import SignedCookie

COOKIE = "cadran_board"
DAY = 24 * 60 * 60
GOOD_FOR, GOOD_FOR_A_SCREEN = DAY, 90 * DAY
"""Seconds: until tomorrow; and a screen on a wall, where nobody stands to sign in again."""


class Sessions:
    """Sign-ins of people."""

    def __init__(self, cookie: SignedCookie, users: Users) -> None:
        self._cookie = cookie
        self._users = users

    def begin(self, response: Response, user: User, seconds: int) -> None:
        """Sign somebody in, for some seconds."""
        self._cookie.put(response, {"name": user.name, "trace": _trace(user), "seconds": seconds}, seconds)

    def end(self, response: Response) -> None:
        """Have the browser forget."""
        self._cookie.remove(response)

    def current(self, request: Request) -> User | None:
        """Who is signed in: neither they nor their password have been changed since, and the time is not up."""
        content = self._cookie.read(request, GOOD_FOR_A_SCREEN)
        if content is None or self._cookie.read(request, content["seconds"]) is None:
            return None
        user = self._users.find(content["name"])
        return user if user is not None and _trace(user) == content["trace"] else None


def signed_in(request: Request, sessions: Sessions) -> User:
    """Who is signed in.

    :raises Unauthenticated: when nobody is.
    """
    user = sessions.current(request)
    if user is None:
        raise Unauthenticated("nobody is signed in", mend="sign in")
    return user


def _trace(user: User) -> str:
    """Another one whenever somebody's role, line or password changes, or another takes their name."""
    of = f"{user.created.isoformat()}\0{user.role}\0{user.rep}\0{user.password}"
    return hashlib.sha256(of.encode()).hexdigest()[:16]
