"""Follows the file of the watch list: what changes in it holds at once; a file that is wrong changes nothing."""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path

from services.common.errors import ConfigurationError
from services.common.logging import get_logger
from services.pricing_watch.watching.watch_file import load_watch_file
from services.pricing_watch.watching.watch_list import WatchList

log = get_logger(__name__)

LOOK_SECONDS = 1.0


class WatchFollower:
    """Looks at the file for ever: `run`."""

    def __init__(self, path: Path, watch_list: WatchList, changed: Callable[[], None]) -> None:
        self._path = path
        self._watch_list = watch_list
        self._changed = changed
        self._followed = ""

    async def run(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        content = await asyncio.to_thread(_digest, self._path)
        if content == self._followed:
            return
        try:
            products = await asyncio.to_thread(load_watch_file, self._path)
        except ConfigurationError as error:
            log.warning("the watch list stays as it was", error=str(error))
        else:
            changes = await self._watch_list.follow_file(products)
            log.info("the watch list is followed", products=len(products), changed=changes)
            self._changed()
        self._followed = content


def _digest(path: Path) -> str:
    """A name for what the file holds; another one when it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return str(error)
