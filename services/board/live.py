"""Pages that stay live: what changed of a page is pushed to whoever has it open.

Whoever looks at the same page shares one channel, which renders it once for all. A page consists of a frame and named
parts; while the frame stays the same, the parts that changed are sent and nothing else.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Generic, NamedTuple, TypeVar

import msgspec
from sse_starlette import ServerSentEvent

from services.board.read_api import ChangeSignal
from services.common.errors import Unavailable
from services.common.logging import get_logger

log = get_logger(__name__)

LEAST_PAUSE, MOST_PAUSE = 1.0, 2.0
"""Seconds between two renderings: as often as numbers change, and often enough to show how old they are."""
MOST_OPEN = 1000
PART = re.compile(r"<!--part (\w+(?:-\w+)*)-->(.*?)<!--end-->", re.DOTALL)
"""As templates mark it, around an element whose id is the part's name."""


class Content(NamedTuple):
    """A page's content: what is around the parts, and the parts by their names."""

    html: str
    frame: str
    parts: Mapping[str, str]

    @classmethod
    def of(cls, html: str) -> "Content":
        return cls(html, PART.sub(r"\1", html), dict(PART.findall(html)))

    def since(self, before: "Content | None") -> ServerSentEvent | None:
        """What makes this of what was there before: all, some parts, or nothing."""
        if before is None or before.frame != self.frame:
            return ServerSentEvent(event="content", data=self.html)
        changed = {name: part for name, part in self.parts.items() if part != before.parts[name]}
        return ServerSentEvent(event="parts", data=msgspec.json.encode(changed).decode()) if changed else None


K = TypeVar("K", bound=Hashable)
Render = Callable[[K], Awaitable[str]]


class _Channel:
    """One page, and who has it open."""

    def __init__(self) -> None:
        self.listeners = 0
        self.content: Content | None = None
        self.renewed = asyncio.Condition()

    async def other_than(self, before: Content | None) -> Content:
        """The content, once it is another one."""
        async with self.renewed:
            while self.content is None or self.content is before:
                await self.renewed.wait()
            return self.content

    async def renew(self, html: str) -> None:
        if self.content is not None and self.content.html == html:
            return
        async with self.renewed:
            self.content = Content.of(html)
            self.renewed.notify_all()


class Live(Generic[K]):
    """The pages that are open. `render` makes a page's content by its key; pages of equal keys are equal."""

    def __init__(self, changes: ChangeSignal, render: Render[K]) -> None:
        self._changes = changes
        self._render = render
        self._channels: dict[K, _Channel] = {}
        self._rendering: dict[K, asyncio.Task[None]] = {}

    async def follow(self, key: K) -> AsyncIterator[ServerSentEvent]:
        """All of a page's content, then what changes of it, for ever."""
        before: Content | None = None
        with self._listening(key) as channel:
            while True:
                content = await channel.other_than(before)
                event = content.since(before)
                before = content
                if event is not None:
                    yield event

    def require_room(self) -> None:
        """:raises Unavailable: when too many pages are open."""
        if sum(channel.listeners for channel in self._channels.values()) >= MOST_OPEN:
            raise Unavailable("too many pages are open", mend="close some, or try again later")

    @contextmanager
    def _listening(self, key: K) -> Iterator[_Channel]:
        if key not in self._channels:
            self._channels[key] = _Channel()
            self._rendering[key] = asyncio.create_task(self._keep_rendering(key, self._channels[key]))
        channel = self._channels[key]
        channel.listeners += 1
        try:
            yield channel
        finally:
            channel.listeners -= 1
            if not channel.listeners:
                del self._channels[key]
                self._rendering.pop(key).cancel()

    async def _keep_rendering(self, key: K, channel: _Channel) -> None:
        while True:
            seen = self._changes.count()
            try:
                await channel.renew(await self._render(key))
            except Exception:  # what cannot be shown now may be the next time
                log.exception("a page cannot be rendered")
            await asyncio.sleep(LEAST_PAUSE)
            await self._changes.wait(seen, MOST_PAUSE)
