"""The alerts as their process tells them, asked for again and again: no page waits for it."""

import asyncio
from datetime import UTC, datetime

from services.board.answers import Told
from services.board.remote import Remote
from services.board.told import Answer
from services.common.errors import CadranError
from services.common.logging import get_logger

log = get_logger(__name__)

PATH = "/v1/alerts"
MOST_OF_A_NAME = 100
PAUSE = 2.0
"""Seconds between two askings: an alert lasts minutes before anybody is told of it."""


class Alerts:
    """What is told of all alerts; while their process does not answer, what it said last, and since when it is old."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._told: Told | None = None
        self._told_at = datetime.now(UTC)

    @property
    def told(self) -> Told | None:
        """None: it has never answered."""
        return self._told

    async def watch(self) -> None:
        """Ask for ever."""
        while True:
            try:
                await self.renew()
            except CadranError as error:
                self._grow_old(error)
            await asyncio.sleep(PAUSE)

    async def renew(self) -> Told:
        """Ask now: who edits must not see what was.

        :raises CadranError: when it does not answer.
        """
        answer = await self._remote.get(PATH, {})
        self._told, self._told_at = Told(answer, None), datetime.now(UTC)
        return self._told

    async def history(self, name: str) -> list[Answer]:
        """Who changed an alert, of which there is one by this name: the newest change first.

        :raises CadranError: when it does not answer.
        """
        answer = await self._remote.get(f"{PATH}/{name}", {})
        return list(answer["history"])

    async def change(self, name: str, changed: dict[str, object], by: str) -> None:
        """Put an alert, of which there is one by this name, in force as somebody wants it.

        :raises Conflict: when it was made from another version of the file.
        :raises Invalid: naming the field that is not right.
        :raises CadranError: when it cannot be done.
        """
        await self._remote.put(f"{PATH}/{name}", {**changed, "by": by[:MOST_OF_A_NAME]})

    def _grow_old(self, error: CadranError) -> None:
        if self._told is not None and self._told.old_since is None:
            log.warning("the alerts are not told", error=str(error))
            self._told = Told(self._told.answer, self._told_at)
