"""Signing in with a name and a password, and out again."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.datastructures import URL
from fastapi.responses import HTMLResponse, RedirectResponse
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from services.board.rendering import Renderer
from services.board.sessions import GOOD_FOR, GOOD_FOR_A_SCREEN, Sessions
from services.board.users import User, Users
from services.common.errors import CadranError, TooManyRequests, Unauthenticated
from services.common.form_bodies import read_fields, same_site
from services.common.http import address_of
from services.common.logging import get_logger

log = get_logger(__name__)

SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"
A_NAME, A_NAME_FROM_HERE, AN_ADDRESS = parse("100/minute"), parse("10/minute"), parse("60/minute")
"""Tries that fail and are let through: nobody who mistypes comes to so many, and who guesses soon does. Whoever knows
somebody's name keeps them out only from where they themselves are.
"""
AT_ONCE = 4
"""Passwords that are looked at together: each takes 64 MiB."""


class Tries:
    """Counts tries to sign in that fail, in the memory of this process."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._turns = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def trying(self, name: str, address: str) -> AsyncIterator[None]:
        """What a try is made within: those that come together are let in by turns, and counted before the next.

        :raises TooManyRequests: when too many failed for this name, or from this address.
        """
        async with self._turns:
            await self.check(name, address)
            try:
                yield
            except Unauthenticated:
                await self.note(name, address)
                raise

    async def check(self, name: str, address: str) -> None:
        """:raises TooManyRequests: when too many failed for this name, or from this address."""
        for rate, *whose in _counted(name, address):
            if not await self._limiter.test(rate, *whose):
                raise TooManyRequests("too many tries to sign in", retry_after=60, mend="wait a minute, then try again")

    async def note(self, name: str, address: str) -> None:
        """One more failed."""
        for rate, *whose in _counted(name, address):
            await self._limiter.hit(rate, *whose)


def _counted(name: str, address: str) -> list[tuple[RateLimitItem, *tuple[str, ...]]]:
    """What a try counts for. Names are not kept as they are: the library writes them into its errors."""
    whose = hashlib.sha256(name.encode()).hexdigest()
    return [(A_NAME, "name", whose), (A_NAME_FROM_HERE, "name", whose, address), (AN_ADDRESS, "address", address)]


def sign_in_routes(users: Users, sessions: Sessions, renderer: Renderer, *, has_other_way: bool) -> APIRouter:
    """`has_other_way`: people may also come in by another service's word (OIDC)."""
    router = APIRouter(include_in_schema=False)
    tries = Tries()

    def page(request: Request, fault: CadranError | None = None) -> Response:
        language = renderer.language(request)
        query = {name: value for name, value in request.query_params.items() if name != "lang"}
        around = {"query": query, "here": renderer.here(request), "has_other_way": has_other_way}
        text = renderer.text("sign_in.html", language, fault=fault, **around)
        headers = {"Content-Language": language}
        if isinstance(fault, TooManyRequests):
            headers["Retry-After"] = str(fault.retry_after)
        return HTMLResponse(text, fault.status if fault else 200, headers=headers)

    async def whoever(request: Request, name: str, password: str) -> User:
        address = address_of(request)
        async with tries.trying(name, address):
            return await asyncio.to_thread(users.check, name, password)

    @router.get(SIGN_IN)
    async def ask(request: Request) -> Response:
        return page(request)

    @router.post(SIGN_IN, dependencies=[Depends(same_site)])
    async def sign_in(request: Request) -> Response:
        fields = await read_fields(request)
        try:
            user = await whoever(request, fields.get("name", "").strip(), fields.get("password", ""))
        except (Unauthenticated, TooManyRequests) as error:
            log.warning("signing in was refused", reason=error.code)
            return page(request, error)
        inside = RedirectResponse(wanted(request), 303)
        sessions.begin(inside, user, GOOD_FOR_A_SCREEN if fields.get("screen") else GOOD_FOR)
        log.info("signed in", role=user.role)
        return inside

    @router.post(SIGN_OUT, dependencies=[Depends(same_site)])
    async def sign_out(request: Request) -> Response:
        outside = to_sign_in(request, to="/")
        sessions.end(outside)
        return outside

    return router


def to_sign_in(request: Request, to: str) -> Response:
    """To the door, and back to a path of ours from there."""
    language = request.query_params.get("lang")
    asked = {"to": to, **({"lang": language} if language else {})}
    return RedirectResponse(f"{SIGN_IN}?{urlencode(asked)}", 303)


def wanted(request: Request) -> str:
    """Where somebody was going when they were led to the door, in the language that they have chosen there."""
    path, language = ours(request.query_params.get("to", "")), request.query_params.get("lang")
    url = URL(path)
    return str(url.include_query_params(lang=language)) if language else path


def ours(path: str) -> str:
    """A path of this site, or its beginning: nobody is led elsewhere from our door."""
    is_ours = path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
    return path if is_ours else "/"
