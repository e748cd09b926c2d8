"""Follows the file of the watch list: what changes in it holds at once; a file that is wrong changes nothing."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from services.common.errors import ConfigurationError, Unavailable
from services.common.logging import get_logger
from services.pricing_watch.watching.watch_file import read_products
from services.pricing_watch.watching.watch_list import WatchList

log = get_logger(__name__)

LOOK_SECONDS = 1.0


class WatchFollower:
    """Looks at the file for ever: `run`."""

    def __init__(self, path: Path, watch_list: WatchList, changed: Callable[[], None]) -> None:
        self._path = path
        self._watch_list = watch_list
        self._changed = changed
        self._seen: bytes | None = None
        self._followed: bytes | None = None

    async def run(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        """Follow what is the same at two looks: what has just been changed may be half written."""
        content = await asyncio.to_thread(_content, self._path)
        is_still, self._seen = content == self._seen, content
        if not is_still or content == self._followed:
            return
        self._followed = content
        try:
            products = await asyncio.to_thread(read_products, self._path.name, content)
        except ConfigurationError as error:
            log.warning("the watch list stays as it was", error=str(error))
            return
        try:
            changes = await self._watch_list.follow_file(products)
        except Unavailable:
            self._followed = None
            raise
        log.info("the watch list is followed", products=len(products), changed=changes)
        self._changed()


def _content(path: Path) -> bytes:
    """What the file holds; nothing when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        log.warning("the watch list cannot be read", error=error.strerror)
        return b""
