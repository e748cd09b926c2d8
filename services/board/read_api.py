"""The read API, as the board uses it: its answers, and its word that they may have changed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import httpx
import msgspec

from services.common.errors import CadranError, Forbidden, Malformed, NotFound, Unavailable
from services.common.problems import read_problem

REFUSALS: Mapping[int, type[CadranError]] = {403: Forbidden, 404: NotFound}
OURS = (401, 408, 429)
"""Nobody is at fault who asks: the key of the board is, or the read API is busy."""
AWAY = (*OURS, 502, 503, 504)
"""It does not answer, or what it reads does not: nothing can be asked now."""
SILENCE = 60.0
"""Seconds: the read API speaks more often, if only to say that it is there."""


class ReadApi:
    """Asks over HTTP."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, parameters: Mapping[str, str]) -> Any:
        """What stands at a path.

        :raises Malformed, Forbidden, NotFound: as the read API says.
        :raises Unavailable: when it does not answer, or cannot read.
        :raises CadranError: when it fails at this one.
        """
        try:
            response = await self._client.get(path, params=parameters)
            if response.is_client_error and response.status_code not in OURS:
                raise _refusal(response)
            if response.status_code in AWAY:
                raise Unavailable(f"the read API answers {response.status_code}", mend="it is asked again")
            if not response.is_success:
                raise CadranError(f"the read API fails with {response.status_code} at {path}", mend="see its log")
            return response.json()
        except httpx.InvalidURL:
            raise Malformed("is too long to be asked for", mend="ask for less") from None
        except (httpx.HTTPError, ValueError) as error:
            said = f"the read API does not answer: {type(error).__name__}"
            raise Unavailable(said, mend="it is asked again") from error

    async def changes(self) -> AsyncIterator[Sequence[str]]:
        """The KPIs that may have changed, whenever some may; ends when the connection does."""
        async with self._client.stream("GET", "/v1/events", timeout=httpx.Timeout(5.0, read=SILENCE)) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    yield msgspec.json.decode(line.removeprefix("data: "))["kpis"]


def _refusal(response: httpx.Response) -> CadranError:
    """Why the read API does not answer a question, which is then at fault by itself."""
    refusal = REFUSALS.get(response.status_code, Malformed)
    problem = read_problem(response.content)
    if problem is None:
        return refusal("cannot be asked for", mend="ask for less, in plain words")
    return refusal(problem.detail, field=problem.field, mend=problem.mend)


class ChangeSignal:
    """Wakes whoever waits, whenever the read API says that numbers may have changed.

    `count` is how often it has, of a KPI or of any. Whoever looks notes it before, and then waits until it is another:
    a change that comes while they look is not missed. While the read API is not heard, all may change at any time.
    """

    def __init__(self, api: ReadApi) -> None:
        self._api = api
        self._changed = asyncio.Condition()
        self._counts: Counter[str] = Counter()
        self._all = 0
        self.is_heard = False

    def count(self, kpi: str | None = None) -> int:
        return self._all if kpi is None else self._counts[kpi]

    async def listen(self) -> None:
        """Listen for ever; connects again when the connection is lost."""
        while True:
            try:
                async for kpis in self._api.changes():
                    self.is_heard = True
                    await self._tell(kpis)
            except (httpx.HTTPError, msgspec.DecodeError):
                pass
            self.is_heard = False
            await asyncio.sleep(1.0)

    async def _tell(self, kpis: Sequence[str]) -> None:
        async with self._changed:
            self._all += 1
            self._counts.update(kpis)
            self._changed.notify_all()

    async def wait(self, seen: int, patience: float) -> None:
        """Return when the count of all is no longer what was seen, or after a time (seconds)."""
        try:
            async with asyncio.timeout(patience), self._changed:
                await self._changed.wait_for(lambda: self._all != seen)
        except TimeoutError:
            return
