"""Sending the letters that wait: at a bounded rate, in the hours that are set, again until it is known what became of
each.

At least once: a process that is killed after a mail server took a letter, and before that was written down, leaves that
one letter to be sent again, with the same `Message-ID`.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import NamedTuple, Protocol

from prometheus_client import Counter, Gauge
from sqlalchemy import Connection

from services.common.calendar import BusinessCalendar
from services.common.database import Database
from services.common.errors import Unavailable
from services.common.mail.courier import SEND_SECONDS, Answer, Courier, Outcome
from services.common.windows import Clock
from services.survey.links import Purpose
from services.survey.mail import letter_queue
from services.survey.mail.hours import next_open
from services.survey.mail.letter_queue import UNCOUNTED, LetterKey

LEASE = timedelta(seconds=1.5 * SEND_SECONDS)
LOOK_AGAIN = 5.0
"""Seconds after which the queue is looked at without being told: another process may have written to it."""
LEAST_PAUSE, MOST_PAUSE = 1.0, 300.0
"""Seconds to wait while no letter can leave."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=4)
MOST_ATTEMPTS = 14
"""Of one letter, when a mail server asks to try it later: that is one day and a half."""

FAULTS = (Outcome.REFUSED, Outcome.UNREACHABLE)
"""Outcomes that somebody must look into, and that are counted whatever the letter is about."""


class Desk(Protocol):
    """What letters of one purpose are about. All is done in the transaction of what is written beside."""

    def letter(self, connection: Connection, id_: str, now: datetime) -> EmailMessage | None:
        """The letter, or nothing when none is to be sent any more."""

    def delivered(self, connection: Connection, id_: str, now: datetime) -> None:
        """Note that a mail server took it."""

    def bounced(self, connection: Connection, id_: str, codes: str, now: datetime) -> None:
        """Note that it does not arrive, and the mail server's codes."""


class Claimed(NamedTuple):
    """A letter that is ours for a while; none where there is nothing to be sent any more."""

    key: LetterKey
    letter: EmailMessage | None
    attempts: int


class Mailer:
    """Sends for ever."""

    def __init__(
        self,
        database: Database,
        desks: Mapping[Purpose, Desk],
        courier: Courier,
        calendar: BusinessCalendar,
        *,
        clock: Clock,
        per_minute: int,
        outcomes: Counter,
        waiting: Gauge,
    ) -> None:
        self._database = database
        self._desks = desks
        self._courier = courier
        self._calendar = calendar
        self._clock = clock
        self._gap = 60 / per_minute
        self._outcomes = outcomes
        self._waiting = waiting
        self._unreachable = 0
        self._written = asyncio.Event()

    async def run(self) -> None:
        """Send what is due for ever, one letter after the other."""
        try:
            while True:
                self._written.clear()
                pause = await self.send_one()
                if pause is None:
                    await self._wait_for_more()
                else:
                    await asyncio.sleep(pause)
        finally:
            await self._courier.rest()

    async def _wait_for_more(self) -> None:
        await self._courier.rest()
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_AGAIN):  # not wait_for, which may swallow being cancelled
                await self._written.wait()

    def written(self) -> None:
        """Say that a letter may have been written, so that it leaves at once."""
        self._written.set()

    async def send_one(self) -> float | None:
        """Send the letter that waits longest; seconds to wait until the next, or nothing when none is due."""
        now = self._clock()
        self._waiting.set(await self._database.read(letter_queue.count))
        closed = (next_open(self._calendar, now) - now).total_seconds()
        if closed > 0:
            return min(max(closed, self._gap), MOST_PAUSE)
        claimed = await self._database.write(self._claim)
        if claimed is None:
            return None
        if claimed.letter is None:
            return 0
        answer = await self._courier.hand_over(claimed.letter)
        await self._surely_record(claimed, answer)
        self._count(claimed.key, answer.outcome)
        return self._pause_after(answer.outcome)

    def _claim(self, connection: Connection) -> Claimed | None:
        now = self._clock()
        claim = letter_queue.claim(connection, now, LEASE)
        if claim is None:
            return None
        letter = self._desks[claim.key.purpose].letter(connection, claim.key.id, now)
        if letter is None:
            letter_queue.remove(connection, claim.key)
        return Claimed(claim.key, letter, claim.attempts)

    async def _surely_record(self, claimed: Claimed, answer: Answer) -> None:
        """Write down what became of a letter before another is looked at: else it would be sent again."""
        while True:
            try:
                await self._database.write(lambda connection: self._record(connection, claimed, answer))
            except Unavailable:
                await asyncio.sleep(LEAST_PAUSE)
            else:
                return

    def _record(self, connection: Connection, claimed: Claimed, answer: Answer) -> None:
        now = self._clock()
        key, desk = claimed.key, self._desks[claimed.key.purpose]
        if answer.outcome is Outcome.ACCEPTED:
            letter_queue.remove(connection, key)
            desk.delivered(connection, key.id, now)
        elif answer.outcome is Outcome.UNREACHABLE:
            letter_queue.release(connection, key, now)
        elif answer.outcome is Outcome.REFUSED or claimed.attempts + 1 >= MOST_ATTEMPTS:
            letter_queue.remove(connection, key)
            desk.bounced(connection, key.id, answer.codes, now)
        else:
            letter_queue.postpone(connection, key, now + wait_after(claimed.attempts))

    def _count(self, key: LetterKey, outcome: Outcome) -> None:
        if key.purpose is not UNCOUNTED or outcome in FAULTS:
            self._outcomes.labels(outcome).inc()

    def _pause_after(self, outcome: Outcome) -> float:
        if outcome is not Outcome.UNREACHABLE:
            self._unreachable = 0
            return self._gap
        self._unreachable += 1
        return max(self._gap, min(LEAST_PAUSE * (1 << min(self._unreachable - 1, 16)), MOST_PAUSE))


def wait_after(attempts: int) -> timedelta:
    """How long a letter waits that a mail server did not take yet, by how often it had been tried before."""
    return min(FIRST_WAIT * (1 << min(attempts, 16)), LONGEST_WAIT)
