"""Work for accounts: one at a time for each, and none waits for another's."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Self

from services.common.errors import CadranError
from services.common.logging import get_logger
from services.ingest.connectors.accounts import Configured

log = get_logger(__name__)

Work = Callable[[Configured], Awaitable[None]]


class Turns:
    """A context manager: leaving it ends what is under way. Work that fails is told, and may begin anew."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def begin(self, account: Configured) -> None:
        """Begin an account's work, unless it is under way."""
        name = account.vendor, account.name
        task = self._tasks.get(name)
        if task is None or task.done():
            self._tasks[name] = asyncio.create_task(self._do(account))

    async def _do(self, account: Configured) -> None:
        try:
            await self._work(account)
        except CadranError as error:
            log.warning("an account waits", vendor=account.vendor, account=account.name, error=str(error))
        except Exception as error:  # one account's fault is not the others'; its text may hold what the vendor said
            log.error("an account fails", vendor=account.vendor, account=account.name, error=type(error).__name__)  # noqa: TRY400
