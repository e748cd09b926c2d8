"""The read API, as the board uses it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import Any

import httpx

from services.common.errors import Unavailable

Answer = Mapping[str, Any]


class ReadApi:
    """Reads KPIs over HTTP."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def kpis(self) -> list[Answer]:
        """Every KPI as it is declared."""
        found: list[Answer] = await self._get("/v1/kpis", {})
        return found

    async def rows(self, kpi: str, window: str, by: str | None, options: Mapping[str, str] = {}) -> Answer:
        """A KPI over a window, by a cut or in all; `options` are the KPI's own."""
        answer: Answer = await self._get(f"/v1/kpis/{kpi}", {"window": window, **({"by": by} if by else {}), **options})
        return answer

    async def rows_of_days(self, kpi: str, first: date, last: date, by: str) -> Answer:
        """A KPI over some days, by a cut."""
        days = {"from": first.isoformat(), "to": last.isoformat(), "by": by}
        answer: Answer = await self._get(f"/v1/kpis/{kpi}", days)
        return answer

    async def series(self, kpi: str, first: date, last: date) -> Answer:
        """A KPI day by day."""
        answer: Answer = await self._get(
            f"/v1/kpis/{kpi}/series", {"from": first.isoformat(), "to": last.isoformat(), "step": "day"}
        )
        return answer

    async def changes(self) -> AsyncIterator[None]:
        """Yields whenever numbers may have changed; ends when the connection does."""
        async with self._client.stream("GET", "/v1/events", timeout=httpx.Timeout(5.0, read=60.0)) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                if line.startswith("event: changed"):
                    yield None

    async def _get(self, path: str, parameters: Mapping[str, str]) -> Any:
        try:
            response = await self._client.get(path, params=parameters)
            response.raise_for_status()
            return response.json()
        except httpx.HTTPStatusError as error:
            raise Unavailable(
                f"the read API answers {error.response.status_code}: {error.response.text[:300]}"
            ) from error
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(f"the read API does not answer: {type(error).__name__}") from error


class ChangeSignal:
    """Wakes whoever waits, whenever the read API says that numbers may have changed.

    `count` is how often it has. Whoever looks notes it before, and then waits until it is another: a change that comes
    while they look is not missed.
    """

    def __init__(self, api: ReadApi) -> None:
        self._api = api
        self._changed = asyncio.Condition()
        self.count = 0

    async def listen(self) -> None:
        """Listen for ever; connects again when the connection is lost."""
        while True:
            try:
                async for _ in self._api.changes():
                    await self._tell()
            except httpx.HTTPError:
                pass
            await asyncio.sleep(1.0)

    async def _tell(self) -> None:
        async with self._changed:
            self.count += 1
            self._changed.notify_all()

    async def wait(self, seen: int, patience: float) -> None:
        """Return when the count is no longer what was seen, or after a time (seconds)."""
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(lambda: self.count != seen), patience)
            except TimeoutError:
                return
