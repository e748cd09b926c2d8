"""What one person may have at once, so that one who asks for much does not keep the others waiting."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.common.errors import TooManyRequests


class Shares:
    """`at_once` for each person; so many more wait for their turn, and what is beyond is refused."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once = at_once
        self._most = at_once + waiting
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._asked: defaultdict[str, int] = defaultdict(int)

    @asynccontextmanager
    async def of(self, person: str) -> AsyncIterator[None]:
        """One of a person's.

        :raises TooManyRequests: when too many are asked for already.
        """
        if self._asked[person] >= self._most:
            raise TooManyRequests(
                "too much is asked for at once", retry_after=5, mend="close some pages, then try again"
            )
        self._asked[person] += 1
        try:
            async with self._turns.setdefault(person, asyncio.Semaphore(self._at_once)):
                yield
        finally:
            self._asked[person] -= 1
            if not self._asked[person]:
                del self._asked[person]
                self._turns.pop(person, None)
