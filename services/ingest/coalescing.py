"""Calls that come together, made as one."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Coalesced(Generic[Item, Answer]):
    """A call over many items, shared by all who ask for some of them within a pause or while one is under way.

    A round trip costs more than what it carries: so the busier the gateway, the fewer of them an event takes. An error
    goes to everyone who shares the call.
    """

    def __init__(self, call: Callable[[list[Item]], Awaitable[Answer]], *, pause: float) -> None:
        self._call = call
        self._pause = pause
        self._items: list[Item] = []
        self._next: asyncio.Task[Answer] | None = None
        self._turn = asyncio.Lock()

    async def __call__(self, items: Iterable[Item]) -> Answer:
        """Ask for some items; the answer is about those of the others too."""
        self._items += items
        if self._next is None:
            self._next = asyncio.create_task(self._make())
        return await asyncio.shield(self._next)  # who gives up must not take the others' call away

    async def _make(self) -> Answer:
        async with self._turn:
            await asyncio.sleep(self._pause)
            items, self._items, self._next = self._items, [], None
            return await self._call(items)
