"""Answers of the read API, kept until they may have changed: however many pages are open, each is asked for once.

One question is asked at a time: whoever else asks the read API waits for one answer of ours at most, and not for all
that a change makes a page ask.

While the read API does not answer, what it said last is shown, and since when it is old.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from services.board.read_api import ChangeSignal, ReadApi
from services.common.errors import Unavailable

GOOD_FOR = 4.0
"""Seconds: what depends on the clock, as the pace and how old a number is, moves with it."""
MOST_KEPT = 3000
PAUSE = 1.0
"""Seconds between two attempts while the read API does not answer."""

Question = tuple[str, tuple[tuple[str, str], ...]]


class _Kept(NamedTuple):
    answer: Any
    asked_at: float
    changes: int
    told_at: datetime


class Told(NamedTuple):
    """An answer; `old_since`: where it could not be had anew, when it was told."""

    answer: Any
    old_since: datetime | None


class Answers:
    """Asks the read API for what is not known yet."""

    def __init__(self, api: ReadApi, changes: ChangeSignal) -> None:
        self._api = api
        self._changes = changes
        self._kept: OrderedDict[Question, _Kept] = OrderedDict()
        self._asking: dict[Question, asyncio.Task[Any]] = {}
        self._turn = asyncio.Lock()
        self._failed_at = float("-inf")
        self._reason = ""

    async def get(
        self, path: str, parameters: Mapping[str, str] = {}, kpi: str = "", good_for: float = GOOD_FOR
    ) -> Told:
        """What stands at a path: as it is, or as it was when the read API last answered.

        It is asked for again when it is older than some seconds, or `kpi` may have changed (with none: only then).

        :raises Malformed, Forbidden, NotFound: as the read API says.
        :raises Unavailable: when it does not answer, and never has.
        """
        question = (path, tuple(sorted(parameters.items())))
        kept = self._kept.get(question)
        if kept is not None and self._is_good(kept, kpi, good_for):
            return Told(kept.answer, None)
        if self._is_away():
            return self._as_it_was(kept)
        asking = self._asking.get(question)
        if asking is None:
            asking = asyncio.create_task(self._ask(question, kpi))
            self._asking[question] = asking
            asking.add_done_callback(lambda done: self._asked(question, done))
        try:
            return Told(await asyncio.shield(asking), None)
        except Unavailable:
            return self._as_it_was(kept)

    def _asked(self, question: Question, done: asyncio.Task[Any]) -> None:
        del self._asking[question]
        if not done.cancelled():
            done.exception()  # whoever waited has it; should nobody have waited to the end, it is no accident

    def _is_good(self, kept: _Kept, kpi: str, good_for: float) -> bool:
        age = time.monotonic() - kept.asked_at
        if not kpi:
            return age < good_for
        if not self._changes.is_heard:
            return age < PAUSE
        return age < good_for and self._changes.count(kpi) == kept.changes

    def _is_away(self) -> bool:
        """Did it not answer a moment ago? It is not asked for each of a page's numbers then."""
        return time.monotonic() - self._failed_at < PAUSE

    def _as_it_was(self, kept: _Kept | None) -> Told:
        if kept is None:
            raise Unavailable(self._reason, mend="it is asked again")
        return Told(kept.answer, kept.told_at)

    async def _ask(self, question: Question, kpi: str) -> Any:
        path, parameters = question
        async with self._turn:
            if self._is_away():
                raise Unavailable(self._reason)
            count, asked_at = self._changes.count(kpi), time.monotonic()
            try:
                answer = await self._api.get(path, dict(parameters))
            except Unavailable as error:
                self._reason, self._failed_at = error.message, time.monotonic()
                raise
        self._failed_at = float("-inf")
        self._kept[question] = _Kept(answer, asked_at, count, datetime.now(UTC))
        self._kept.move_to_end(question)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return answer
