"""Follows the file of the watch list: what changes in it holds at once; a file that is wrong changes nothing."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from services.common.errors import ConfigurationError, Unavailable
from services.common.logging import get_logger
from services.common.settled import Settled
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
        self._settled = Settled()

    async def run(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        """Follow what has settled."""
        content = await asyncio.to_thread(_content, self._path)
        if not self._settled.is_new(content):
            return
        self._settled.followed = content
        try:
            products = await asyncio.to_thread(read_products, self._path.name, content)
        except ConfigurationError as error:
            log.warning("the watch list stays as it was", error=str(error))
            return
        try:
            changes = await self._watch_list.follow_file(products)
        except Unavailable:
            self._settled.followed = None
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
