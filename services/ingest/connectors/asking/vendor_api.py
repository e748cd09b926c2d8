"""Asking a vendor's API: paced, bounded in time and size, patient with refusals for now, and never for ever."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Self

import httpx
import msgspec

from services.common.errors import ConfigurationError, Forbidden, Invalid, NotFound, Unavailable
from services.common.windows import Clock, utc_now
from services.ingest.connectors.asking.terms import ApiTerms

TRIES = 6
TIMEOUT = 20.0
LEAST_PAUSE, MOST_PAUSE = 1.0, 60.0
MOST_BYTES = 50_000_000
LATER = frozenset({408, 423, 425, 429, 500, 502, 503, 504})

Sleep = Callable[[float], Awaitable[None]]


def check_terms(terms: ApiTerms) -> None:
    """That an API can be asked so.

    :raises ConfigurationError: when its address is none, or the token cannot stand in a header.
    """
    try:
        url = httpx.URL(terms.url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigurationError(f"{terms.url!r} is no address", field="api", mend="write https://, and a host")
    if not all(value.isascii() and value.isprintable() for value in terms.headers.values()):
        raise ConfigurationError("holds what no header can", field="token_file", mend="copy the token anew")


class VendorApi:
    """A client of one account. A context manager."""

    def __init__(
        self,
        name: str,
        terms: ApiTerms,
        *,
        sleep: Sleep = asyncio.sleep,
        clock: Clock = utc_now,
        timeout: float = TIMEOUT,
    ) -> None:
        self._name = name
        self._pause = terms.pause
        self._login = terms.login
        self._sleep = sleep
        self._timeout = timeout
        self._clock = clock
        self._turn = asyncio.Lock()
        self._http = httpx.AsyncClient(base_url=terms.url, headers=dict(terms.headers), timeout=timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def get(self, path: str, **query: str | int) -> httpx.Response:
        """What is at a path, or at a whole address of the same API.

        :raises Invalid: when it is another host's: the token is for this one alone.
        :raises NotFound: when there is nothing (404, 410).
        :raises Forbidden: when the token does not do.
        :raises Unavailable: when it does not answer in several tries.
        """
        return await self.ask("GET", path, params=query or None)

    async def post(self, path: str, content: object) -> httpx.Response:
        """As `get`, with a body in JSON: for searches, which may be asked twice."""
        body = msgspec.json.encode(content)
        return await self.ask("POST", path, content=body, headers={"Content-Type": "application/json"})

    async def log_in(self) -> Mapping[str, Any]:
        """Have a token lent, for all requests from now on; what the vendor says of it. Nothing where none is lent.

        :raises Forbidden: when it lends none.
        :raises Unavailable: when it does not answer, or not as OAuth has it.
        """
        if self._login is None:
            return {}
        self._http.headers.pop(self._login.header, None)
        response = await self._tried("POST", self._login.path, data=dict(self._login.form))
        if response.status_code in (400, 401, 403):
            mend = "compare the client's id and secret in `token_file` with the vendor's"
            raise Forbidden(f"{self._name} lends no token", mend=mend)
        lent: Mapping[str, Any] = _object(self._checked(response).content)
        if not isinstance(lent.get("access_token"), str):
            raise Unavailable(f"{self._name} lends no token", mend="look at `api`")
        self._http.headers[self._login.header] = f"{self._login.scheme}{lent['access_token']}"
        return lent

    async def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        if self._login and self._login.header not in self._http.headers:
            await self.log_in()
        response = await self._tried(method, path, **request)
        if self._login and response.status_code == HTTPStatus.UNAUTHORIZED:  # what was lent is over
            await self.log_in()
            response = await self._tried(method, path, **request)
        return self._checked(response)

    async def _tried(self, method: str, path: str, **request: Any) -> httpx.Response:
        """What is answered at last.

        :raises Unavailable: when nothing is, or only "later".
        """
        self._require_ours(path)
        pause = LEAST_PAUSE
        told = "does not answer"
        for left in reversed(range(TRIES)):
            async with self._turn:
                response = await self._answer(method, path, request)
                await self._sleep(self._pause)
            if response is not None and response.status_code not in LATER:
                return response
            told = "does not answer" if response is None else f"answers {response.status_code}"
            if left:
                await self._sleep(min(max(pause, self._retry_after(response)), MOST_PAUSE))
            pause = min(pause * 2, MOST_PAUSE)
        raise Unavailable(f"{self._name} {told}", mend="it is asked again later")

    def _require_ours(self, path: str) -> None:
        try:
            host = httpx.URL(path).netloc
        except httpx.InvalidURL:
            host = b"nowhere"
        if host and host != self._http.base_url.netloc:
            raise Invalid("is an address of another host", field="next", mend="look at `api`")

    async def _answer(self, method: str, path: str, request: dict[str, Any]) -> httpx.Response | None:
        try:
            async with asyncio.timeout(2 * self._timeout), self._http.stream(method, path, **request) as response:
                chunks, size = [], 0
                async for chunk in response.aiter_bytes():
                    size += len(chunk)
                    if size > MOST_BYTES:
                        return None
                    chunks.append(chunk)
                return httpx.Response(response.status_code, headers=_plain(response.headers), content=b"".join(chunks))
        except (httpx.HTTPError, TimeoutError, ValueError):  # the last: headers that are no text
            return None

    def _checked(self, response: httpx.Response) -> httpx.Response:
        status = response.status_code
        if status in (404, 410):
            raise NotFound(f"{self._name} has no such thing")
        if status in (401, 403):
            raise Forbidden(
                f"{self._name} answers {status}", mend="renew the token, or give it the rights that it needs"
            )
        if not response.is_success:
            raise Unavailable(f"{self._name} answers {status}", mend="look at its status page, and at `api`")
        return response

    def _retry_after(self, response: httpx.Response | None) -> float:
        """Seconds that it asks to be left alone; it may also name the moment."""
        headers = response.headers if response is not None else httpx.Headers()
        told = headers.get("Retry-After", headers.get("X-RateLimit-Reset", ""))
        if told.isascii() and told.replace(".", "", 1).isdigit():
            return float(told)
        try:
            return (parsedate_to_datetime(told) - self._clock()).total_seconds()
        except (ValueError, TypeError):
            return 0.0


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}


def _plain(headers: httpx.Headers) -> list[tuple[str, str]]:
    """The headers of a body that is unpacked by now."""
    return [(k, v) for k, v in headers.items() if k.lower() not in ("content-encoding", "content-length")]
