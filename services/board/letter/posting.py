"""Sending the weekly letter: when it is due, once to each, again until it is known what became of it.

At least once: a process that is killed after a mail server took a letter, and before that was written down, leaves that
one letter to be sent again, with the same `Message-ID`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from services.board.letter import sent
from services.board.letter.story import Story
from services.board.letter.weeks import SendingTime, Week, due_week
from services.board.letter.writing import WeekWriter, addressed
from services.common.database import Database
from services.common.errors import CadranError, Unavailable
from services.common.logging import get_logger
from services.common.mail.courier import SEND_SECONDS, Answer, Courier, Outcome
from services.common.windows import Clock

log = get_logger(__name__)

LEASE = timedelta(seconds=1.5 * SEND_SECONDS)
LOOK_AGAIN, TRY_AGAIN, LEAST_PAUSE = 30.0, 120.0, 1.0
"""Seconds: until it is looked whether a letter is due, until one is tried again, while the database does not answer."""
PATIENCE = timedelta(hours=4)
"""So long a letter waits for a week that has not all come in; then it leaves and says so."""

Read = Callable[[Week], Awaitable[Story]]
"""Reads a week. Raises `Unavailable` when it cannot."""


class Post:
    """Hands letters about weeks to a mail server, and keeps who has had which."""

    def __init__(self, writer: WeekWriter, courier: Courier, database: Database, *, sender: str, clock: Clock) -> None:
        self._writer = writer
        self._courier = courier
        self._database = database
        self._sender = sender
        self._clock = clock

    async def waiting(self, week: Week, recipients: Sequence[str]) -> list[str]:
        """Those of some recipients who have not had the letter about a week.

        :raises Unavailable: when the database does not answer.
        """
        return await self._database.read(lambda connection: sent.waiting(connection, week, recipients))

    async def deliver(self, story: Story, language: str, recipients: Sequence[str]) -> Mapping[str, Answer]:
        """Send to those who have not had it and whom nobody else is sending it to; what became of each.

        :raises Unavailable: when the database does not answer.
        """
        letter, answers = await self._write(story, language), {}
        try:
            for recipient in recipients:
                if await self._claim(story.week, recipient):
                    answers[recipient] = await self._hand_over(letter, story, recipient)
        finally:
            await self._courier.rest()
        return answers

    async def deliver_anew(self, story: Story, language: str, recipients: Sequence[str]) -> Mapping[str, Answer]:
        """Send to some recipients, whether they have had it or not; what became of each."""
        letter = await self._write(story, language)
        try:
            return {recipient: await self._hand_over(letter, story, recipient) for recipient in recipients}
        finally:
            await self._courier.rest()

    async def _claim(self, week: Week, recipient: str) -> bool:
        return await self._database.write(
            lambda connection: sent.claim(connection, week, recipient, self._clock(), LEASE)
        )

    async def _write(self, story: Story, language: str) -> EmailMessage:
        return await asyncio.to_thread(self._writer.letter, story, language, self._sender)

    async def _hand_over(self, letter: EmailMessage, story: Story, recipient: str) -> Answer:
        answer = await self._courier.hand_over(addressed(letter, story, recipient, self._clock()))
        await self._surely_record(story.week, recipient, answer)
        return answer

    async def _surely_record(self, week: Week, recipient: str, answer: Answer) -> None:
        """Write down what became of a letter before another is looked at: else it would be sent again."""
        while True:
            try:
                await self._record(week, recipient, answer)
            except Unavailable:
                await asyncio.sleep(LEAST_PAUSE)
            else:
                return

    async def _record(self, week: Week, recipient: str, answer: Answer) -> None:
        if answer.outcome in (Outcome.ACCEPTED, Outcome.REFUSED):
            now = self._clock()
            await self._database.write(lambda connection: sent.settle(connection, week, recipient, now, answer.codes))
        else:
            await self._database.write(lambda connection: sent.release(connection, week, recipient))


class LetterClock:
    """Sends the letter of each week at its time; one that was missed while the next week is not over."""

    def __init__(
        self, post: Post, read: Read, sending: SendingTime, zone: ZoneInfo, clock: Clock, *,
        language: str, recipients: Sequence[str],
    ) -> None:  # fmt: skip
        self._post = post
        self._read = read
        self._sending = sending
        self._zone = zone
        self._clock = clock
        self._language = language
        self._recipients = recipients

    async def run(self) -> None:
        """Send for ever."""
        while True:
            pause = await self.look()
            await asyncio.sleep(pause)

    async def look(self) -> float:
        """Send what is due; seconds until it is worth another look."""
        week = due_week(self._clock(), self._sending, self._zone)
        try:
            if week is None or not await self._post.waiting(week, self._recipients):
                return LOOK_AGAIN
            story = await self._read(week)
            if not story.is_whole and self._clock() < self._sending.after(week, self._zone) + PATIENCE:
                log.warning("the weekly letter waits", week=week.name, reason="the week has not all come in")
                return TRY_AGAIN
            answers = await self._post.deliver(story, self._language, self._recipients)
            for outcome, codes in answers.values():
                log.info("weekly letter", week=week.name, outcome=outcome, codes=codes)
        except CadranError as error:
            log.warning("the weekly letter waits", reason=str(error))
        return TRY_AGAIN
