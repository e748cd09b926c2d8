"""Reading pages in processes of their own, which are ended when a page takes too long.

No bound on a page's size bounds what a selector of the watch list, or a page that was made for it, may cost; and work
in a thread cannot be ended.
"""

import asyncio
import multiprocessing
from concurrent.futures import TimeoutError as TakesTooLong
from typing import Self

from pebble import ProcessExpired, ProcessPool

from services.common.logging import get_logger
from services.pricing_watch.reading.reader import read_page
from services.pricing_watch.records import Obstacle, Page, Reading, Wanted

log = get_logger(__name__)

PROCESSES = 2
SECONDS = 20.0
PAGES_OF_A_PROCESS = 2000
"""Then it is replaced: what the libraries leave behind goes with it."""


class Readers:
    """Reads pages, some at a time. A context manager."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._pool: ProcessPool | None = None

    async def __aenter__(self) -> Self:
        # Forking would copy threads that hold locks: the writer of the database, for one.
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPool(max_workers=PROCESSES, max_tasks=PAGES_OF_A_PROCESS, context=context)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            await asyncio.to_thread(self._pool.join)

    async def read(self, page: Page, wanted: Wanted) -> Reading:
        """What a page says; that it cannot be read, when it takes too long."""
        if self._pool is None:
            raise RuntimeError("used outside of its context")
        future = self._pool.schedule(read_page, args=(page, wanted), timeout=self._seconds)
        try:
            return await asyncio.wrap_future(future)
        except TakesTooLong:
            reason = f"it takes longer than {self._seconds:.0f} s to be read"
        except ProcessExpired:
            reason = "it cannot be read: whoever tries ends"
        log.warning("a page cannot be read", reason=reason)
        return Reading(reason=reason, obstacle=Obstacle.UNREADABLE)
