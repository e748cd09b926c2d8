"""People who look meanwhile: they ask the read API, open pages of the board, leave them open, and come back."""

import asyncio
import threading
from collections import Counter
from types import TracebackType
from typing import Self

import httpx

from services.common.settings import Port
from services.kpi_stream.kpis import all_kpis
from tests.support.stack import RunningStack

PAGES, READERS = 4, 2
PAUSE = 0.5
OPEN_SECONDS = 20.0
"""A page stays open for so long, then it is opened anew: a connection that is left must leave nothing behind."""


class Readers:
    """As a context: they read until it ends."""

    def __init__(self, stack: RunningStack) -> None:
        self._stack = stack
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._read()), daemon=True)
        self.done: Counter[str] = Counter()
        """How many answers, pages and pushed changes were received."""
        self.refused: Counter[str] = Counter()
        """What was not answered, and why."""

    def __enter__(self) -> Self:
        with self._stack.board() as client:
            self._cookies = dict(client.cookies)
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(timeout=OPEN_SECONDS + 60)
        assert not self._thread.is_alive()

    async def _read(self) -> None:
        key = {"Authorization": f"Bearer {self._stack.key}"}
        async with (
            httpx.AsyncClient(base_url=self._stack.url(Port.EXPORTER), headers=key, timeout=30) as reader,
            httpx.AsyncClient(base_url=self._stack.url(Port.BOARD), cookies=self._cookies, timeout=30) as board,
            asyncio.TaskGroup() as group,
        ):
            for _ in range(READERS):
                group.create_task(self._ask(reader))
            for _ in range(PAGES):
                group.create_task(self._look(board))

    async def _ask(self, reader: httpx.AsyncClient) -> None:
        """Every KPI by every cut over every window, and again."""
        questions = [
            (kpi.id, {"window": window.value} | ({"by": cut.name} if cut.name != "all" else {}))
            for kpi in all_kpis().values()
            for cut in kpi.cuts
            for window in kpi.windows
        ]
        while not self._stop.is_set():
            for kpi, query in questions:
                if self._stop.is_set():
                    return
                await self._get(reader, f"/v1/kpis/{kpi}", query, "answers of the read API")
                await asyncio.sleep(PAUSE)

    async def _look(self, board: httpx.AsyncClient) -> None:
        while not self._stop.is_set():
            await self._get(board, "/", {}, "pages of the board")
            try:
                async with asyncio.timeout(OPEN_SECONDS), board.stream("GET", "/live/") as response:
                    async for text in response.aiter_lines():
                        self.done["changes pushed"] += text.startswith("event: ")
            except TimeoutError:
                continue
            except httpx.HTTPError as error:
                self.refused[f"/live/: {type(error).__name__}"] += 1

    async def _get(self, client: httpx.AsyncClient, path: str, query: dict[str, str], what: str) -> None:
        try:
            answer = await client.get(path, params=query)
        except httpx.HTTPError as error:
            self.refused[f"{path}: {type(error).__name__}"] += 1
            return
        if answer.status_code == 200:
            self.done[what] += 1
        else:
            self.refused[f"{answer.request.url}: {answer.status_code} {answer.text[:100]}"] += 1
