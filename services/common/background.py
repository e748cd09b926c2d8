"""Work that goes on beside the requests, from the service's start to its end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from services.common.errors import CadranError
from services.common.logging import get_logger

log = get_logger(__name__)

PAUSE = 5.0

Work = Callable[[], Awaitable[None]]


@asynccontextmanager
async def at_work(works: Sequence[Work]) -> AsyncIterator[None]:
    """Do some works at once; one that fails is told and begun again a little later."""
    tasks = [asyncio.create_task(_again_and_again(work)) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def once(opened: Callable[[], None], works: Sequence[Work]) -> Work:
    """Some works, as one that opens first what they need, in a thread: it may take its time, or fail for now."""

    async def open_and_work() -> None:
        await asyncio.to_thread(opened)
        async with at_work(works):
            await asyncio.Event().wait()

    return open_and_work


async def _again_and_again(work: Work) -> None:
    task = asyncio.current_task()
    while task is not None and not task.cancelling():  # a work that ends by an error when it is cancelled has ended
        try:
            await work()
        except CadranError as error:
            log.warning("work waits", work=work.__qualname__, error=str(error))
        except Exception:
            log.exception("work failed", work=work.__qualname__)
        await asyncio.sleep(PAUSE)
