"""Asking a vendor's API: paced, bounded in time and size, patient with refusals for now, and never for ever."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, Self

import httpx
import msgspec

from services.common.errors import Forbidden, NotFound, Unavailable
from services.common.windows import Clock, utc_now

TRIES = 6
TIMEOUT = 20.0
LEAST_PAUSE, MOST_PAUSE = 1.0, 60.0
MOST_BYTES = 50_000_000
LATER = frozenset({408, 423, 425, 429, 500, 502, 503, 504})

Sleep = Callable[[float], Awaitable[None]]


class ApiTerms(NamedTuple):
    """How an API is asked: its address, what every request bears, and the seconds between two of them."""

    url: str
    headers: Mapping[str, str]
    pause: float


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

        :raises NotFound: when there is nothing (404, 410).
        :raises Forbidden: when the token does not do.
        :raises Unavailable: when it does not answer in several tries.
        """
        return await self.ask("GET", path, params=query or None)

    async def post(self, path: str, content: object) -> httpx.Response:
        """As `get`, with a body in JSON: for searches, which may be asked twice."""
        body = msgspec.json.encode(content)
        return await self.ask("POST", path, content=body, headers={"Content-Type": "application/json"})

    async def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        pause = LEAST_PAUSE
        told = "does not answer"
        for _ in range(TRIES):
            async with self._turn:
                response = await self._answer(method, path, request)
                await self._sleep(self._pause)
            if response is not None and response.status_code not in LATER:
                return self._checked(response)
            told = "does not answer" if response is None else f"answers {response.status_code}"
            await self._sleep(min(max(pause, self._retry_after(response)), MOST_PAUSE))
            pause = min(pause * 2, MOST_PAUSE)
        raise Unavailable(f"{self._name} {told}", mend="it is asked again later")

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
        except (httpx.HTTPError, TimeoutError):
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
        told = response.headers.get("Retry-After", "") if response is not None else ""
        if told.replace(".", "", 1).isdigit():
            return float(told)
        try:
            return (parsedate_to_datetime(told) - self._clock()).total_seconds()
        except (ValueError, TypeError):
            return 0.0


def _plain(headers: httpx.Headers) -> list[tuple[str, str]]:
    """The headers of a body that is unpacked by now."""
    return [(k, v) for k, v in headers.items() if k.lower() not in ("content-encoding", "content-length")]
