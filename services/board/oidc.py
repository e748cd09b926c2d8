"""Signing in by another service's word: OpenID Connect, the authorization code flow with PKCE.

The other service says who somebody is; the file of users says whether they may come in, and what for.
"""

from pathlib import Path
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from httpx import HTTPError
from starlette.middleware.sessions import SessionMiddleware

from services.board.sessions import GOOD_FOR, Sessions
from services.board.settings import BoardSettings
from services.board.sign_in_pages import SIGN_IN, ours, wanted
from services.board.users import Users
from services.common.errors import Forbidden, Unavailable
from services.common.logging import get_logger
from services.common.secret_files import read_secret

log = get_logger(__name__)

BEGIN, BACK = f"{SIGN_IN}/oidc", f"{SIGN_IN}/oidc/back"
COOKIE = "cadran_board_oidc"
PATIENCE = 10 * 60
"""Seconds in which somebody must come back from the other service."""


class Oidc:
    """The other service. `claim`: which of its words is the name in the file of users."""

    def __init__(self, board: BoardSettings, base_url: str) -> None:
        self._back = f"{base_url}{BACK}"
        self._claim = board.oidc_claim
        secret = _secret(board.oidc_client_secret_file)
        self._client: Any = OAuth().register(
            name="oidc",
            server_metadata_url=f"{board.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
            client_id=board.oidc_client_id,
            client_secret=secret,
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
                "timeout": 10,
            },
        )

    async def lead_there(self, request: Request) -> Response:
        """To the other service's door.

        :raises Unavailable: when it does not answer.
        """
        try:
            response: Response = await self._client.authorize_redirect(request, self._back)
        except (HTTPError, AuthlibBaseError, ValueError) as error:
            raise _away(error) from error
        return response

    async def name_of(self, request: Request) -> str:
        """The name of who comes back from there.

        :raises Forbidden: when it does not vouch for them.
        :raises Unavailable: when it does not answer.
        """
        try:
            said = (await self._client.authorize_access_token(request))["userinfo"]
        except AuthlibBaseError as error:
            log.warning("the other service does not vouch", reason=error.error)
            raise Forbidden("your company's account was not accepted", mend="sign in again") from error
        except (HTTPError, ValueError, KeyError) as error:
            raise _away(error) from error
        is_sure = self._claim != "email" or said.get("email_verified") is True
        name = said.get(self._claim)
        if not name or not is_sure:
            mend = "set CADRAN_BOARD_OIDC_CLAIM to one that the other service tells for sure"
            raise Forbidden(f"your company's account tells no {self._claim} that is sure", mend=mend)
        return str(name)


def oidc_routes(oidc: Oidc, users: Users, sessions: Sessions) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get(BEGIN)
    async def begin(request: Request) -> Response:
        request.session["to"] = wanted(request)
        return await oidc.lead_there(request)

    @router.get(BACK)
    async def back(request: Request) -> Response:
        user = users.find(await oidc.name_of(request))
        if user is None:
            raise Forbidden("your account is not among those of the board", mend="ask a director to add you")
        inside = RedirectResponse(ours(request.session.pop("to", "/")), 303)
        sessions.begin(inside, user, GOOD_FOR)
        log.info("signed in by the other service's word", role=user.role)
        return inside

    return router


def remember_who_left(app: FastAPI, secret: str, base_url: str) -> None:
    """A cookie, while somebody is at the other service."""
    app.add_middleware(
        SessionMiddleware,
        secret_key=secret,
        session_cookie=COOKIE,
        max_age=PATIENCE,
        path=SIGN_IN,
        same_site="lax",
        https_only=base_url.startswith("https://"),
    )


def _secret(path: Path | None) -> str | None:
    """The client's secret; none for a public client, which PKCE alone protects."""
    return None if path is None else read_secret(path, "CADRAN_BOARD_OIDC_CLIENT_SECRET_FILE")


def _away(error: Exception) -> Unavailable:
    log.warning("the service that vouches does not answer", error=type(error).__name__)
    return Unavailable("your company's account cannot be asked now", mend="try again, or use your password")
