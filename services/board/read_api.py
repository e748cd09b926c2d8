"""The read API, as the board uses it: its answers, and its word that they may have changed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import httpx
import msgspec

from services.board.remote import Remote

SILENCE = 60.0
"""Seconds: the read API speaks more often, if only to say that it is there."""


class ReadApi(Remote):
    """Asks the read API."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        super().__init__(client, "the read API")

    async def changes(self) -> AsyncIterator[Sequence[str]]:
        """The KPIs that may have changed, whenever some may; ends when the connection does."""
        async with self._client.stream("GET", "/v1/events", timeout=httpx.Timeout(5.0, read=SILENCE)) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    yield msgspec.json.decode(line.removeprefix("data: "))["kpis"]


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
