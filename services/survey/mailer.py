"""Sending the letters that wait: at a bounded rate, in the hours that are set, again until it is known what became of
each.

At least once: a process that is killed after a mail server took a letter, and before that was written down, leaves that
one letter to be sent again, with the same `Message-ID`.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from prometheus_client import Counter, Gauge
from sqlalchemy import Connection

from services.common.calendar import BusinessCalendar
from services.common.errors import Unavailable
from services.common.windows import Clock
from services.survey import contact_store, letter_queue, store
from services.survey.courier import SEND_SECONDS, Answer, Courier, Outcome
from services.survey.database import Database
from services.survey.hours import next_open
from services.survey.inviter import record_bounce, record_delivery
from services.survey.letters import LetterWriter
from services.survey.records import Invitation, Standing

LEASE = timedelta(seconds=1.5 * SEND_SECONDS)
LOOK_AGAIN = 5.0
"""Seconds after which the queue is looked at without being told: another process may have written to it."""
LEAST_PAUSE, MOST_PAUSE = 1.0, 300.0
"""Seconds to wait while no letter can leave."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=4)
MOST_ATTEMPTS = 14
"""Of one letter, when a mail server asks to try it later: that is one day and a half."""


class Claimed(NamedTuple):
    """A letter that is ours for a while."""

    invitation: Invitation
    name: str | None
    attempts: int


class Mailer:
    """Sends for ever."""

    def __init__(
        self,
        database: Database,
        writer: LetterWriter,
        courier: Courier,
        calendar: BusinessCalendar,
        *,
        clock: Clock,
        per_minute: int,
        outcomes: Counter,
        waiting: Gauge,
    ) -> None:
        self._database = database
        self._writer = writer
        self._courier = courier
        self._calendar = calendar
        self._clock = clock
        self._gap = 60 / per_minute
        self._outcomes = outcomes
        self._waiting = waiting
        self._unreachable = 0
        self._written = asyncio.Event()

    @property
    def _zone(self) -> ZoneInfo:
        return self._calendar.zone

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
            await asyncio.wait_for(self._written.wait(), LOOK_AGAIN)

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
        if claimed.invitation.email is None or claimed.invitation.standing(now) is not Standing.OPEN:
            await self._database.write(lambda connection: letter_queue.remove(connection, claimed.invitation.id))
            return 0
        letter = self._writer.write(claimed.invitation, claimed.invitation.email, claimed.name, now)
        answer = await self._courier.hand_over(letter)
        await self._surely_record(claimed, answer)
        self._outcomes.labels(answer.outcome).inc()
        return self._pause_after(answer.outcome)

    def _claim(self, connection: Connection) -> Claimed | None:
        found = letter_queue.claim(connection, self._clock(), LEASE)
        invitation = None if found is None else store.invitation(connection, found[0])
        if found is None or invitation is None:
            return None
        customer_id = invitation.about.customer_id
        contact = None if customer_id is None else contact_store.contact(connection, customer_id)
        is_theirs = contact is not None and contact.email == invitation.email
        return Claimed(invitation, contact.name if contact and is_theirs else None, found[1])

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
        """The invitation is read anew: it may have been erased since, or have bounced."""
        now = self._clock()
        invitation = store.invitation(connection, claimed.invitation.id)
        if invitation is None:
            return
        if answer.outcome is Outcome.ACCEPTED:
            record_delivery(connection, invitation, zone=self._zone, now=now)
        elif answer.outcome is Outcome.UNREACHABLE:
            letter_queue.release(connection, invitation.id, now)
        elif answer.outcome is Outcome.REFUSED or claimed.attempts + 1 >= MOST_ATTEMPTS:
            record_bounce(connection, invitation, answer.codes, zone=self._zone, now=now)
        else:
            letter_queue.postpone(connection, invitation.id, now + wait_after(claimed.attempts))

    def _pause_after(self, outcome: Outcome) -> float:
        if outcome is not Outcome.UNREACHABLE:
            self._unreachable = 0
            return self._gap
        self._unreachable += 1
        return max(self._gap, min(LEAST_PAUSE * (1 << min(self._unreachable - 1, 16)), MOST_PAUSE))


def wait_after(attempts: int) -> timedelta:
    """How long a letter waits that a mail server did not take yet, by how often it had been tried before."""
    return min(FIRST_WAIT * (1 << min(attempts, 16)), LONGEST_WAIT)
