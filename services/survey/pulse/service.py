"""Rounds of the team's pulse: opened, answered, closed, told."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from random import SystemRandom
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from services.common.database import Database
from services.common.errors import Conflict, Invalid, NotFound
from services.common.events.answers import Question
from services.common.outbox import put
from services.common.windows import Clock
from services.survey.links import Links, Purpose
from services.survey.mail import letter_queue
from services.survey.mail.letter_queue import LetterKey
from services.survey.pulse import store
from services.survey.pulse.clearing import REMEMBERED, cleared
from services.survey.pulse.comments import comments_to_show
from services.survey.pulse.events import pulse_published, require_tellable
from services.survey.pulse.records import Colleague, PulseAnswer, Round, Ticket
from services.survey.pulse.rows import TOTAL
from services.survey.records import Closed, Standing

Closing = Callable[[datetime], datetime]
"""From when a round opens to when it closes."""


class Pulse:
    """The one way to ask a team, and to be answered. `written` is called after what may make a letter or an event."""

    def __init__(
        self,
        database: Database,
        links: Links,
        *,
        zone: ZoneInfo,
        clock: Clock,
        has_mail: bool,
        written: Callable[[], None],
    ) -> None:
        self._database = database
        self._links = links
        self._zone = zone
        self._clock = clock
        self._has_mail = has_mail
        self._written = written

    async def set_people(self, people: Sequence[Colleague]) -> None:
        """Say whom the next round asks.

        :raises Invalid: when somebody is in it twice, or a team has the name of the total, or one that cannot be told.
        """
        seen: set[str] = set()
        for index, person in enumerate(people):
            if person.email in seen:
                raise Invalid("somebody is here twice", field=f"{index}.email", mend="keep each address once")
            seen.add(person.email)
            if person.team_id == TOTAL:
                raise Invalid(f"no team may be called {TOTAL!r}", field=f"{index}.team_id", mend="give it another name")
        now, first = self._clock(), {person.team_id: index for index, person in reversed(list(enumerate(people)))}
        for team_id, index in first.items():
            require_tellable(team_id, f"{index}.team_id", zone=self._zone, now=now)
        await self._database.write(lambda connection: store.set_people(connection, people))
        await asyncio.to_thread(self._database.forget)

    async def last_round(self) -> tuple[Round | None, bool]:
        """The round that was opened last, and whether there is anybody to ask."""

        def read(connection: Connection) -> tuple[Round | None, bool]:
            rounds = store.rounds(connection)
            return rounds[-1] if rounds else None, bool(store.team_sizes(connection))

        return await self._database.read(read)

    async def rounds(self) -> list[Round]:
        """All rounds, the oldest first."""
        return await self._database.read(store.rounds)

    async def open_round(self, closing: Closing) -> tuple[Round, int]:
        """Ask everybody of the roster; the round, and how many were asked.

        :raises Conflict: when a round is open, one was opened today, or no letter can be sent.
        :raises Invalid: when nobody is in the roster.
        """
        if not self._has_mail:
            raise Conflict(
                "this service cannot send mail", field="CADRAN_SURVEY_SMTP_HOST", mend="set it: the pulse asks by mail"
            )
        now = self._clock()
        round_ = Round(id=now.astimezone(self._zone).date().isoformat(), opened_at=now, closes_at=closing(now))

        def write(connection: Connection) -> int:
            before = store.rounds(connection)
            if any(each.closed_at is None for each in before):
                raise Conflict(f"round {before[-1].id} is open", mend="close it first")
            if any(each.id == round_.id for each in before):
                raise Conflict(f"round {round_.id} was opened before", mend="open the next one tomorrow")
            if not store.team_sizes(connection):
                raise Invalid("nobody is in the roster", mend="`cadran survey pulse roster team.csv` says who is asked")
            return _send_to(connection, store.open_round(connection, round_), now)

        asked = await self._database.write(write)
        self._written()
        return round_, asked

    async def remind(self) -> int:
        """Ask those again who have not answered; how many they are."""
        now = self._clock()

        def write(connection: Connection) -> int:
            open_one = store.open_one(connection)
            if open_one is None:
                return 0
            store.mark_reminded(connection, open_one.id, now)
            return _send_to(connection, store.unused(connection, open_one.id), now)

        asked = await self._database.write(write)
        self._written()
        return asked

    async def find(self, token: str) -> tuple[Ticket, Standing]:
        """The ticket of a link, and where it stands.

        :raises NotFound: when the link is not ours.
        :raises Closed: when its round is over: nothing is known of the ticket any more.
        """
        id_ = self._links.read(Purpose.PULSE, token)
        found = await self._database.read(lambda connection: store.find(connection, id_))
        if found is None:
            raise Closed(Standing.EXPIRED)
        ticket, round_ = found
        return ticket, _standing(ticket, round_, self._clock())

    async def answer(self, ticket: Ticket, scores: Mapping[Question, int], comment: str) -> None:
        """Take an answer: it is on the disk when this returns, and nothing leads from it to who gave it.

        :raises Closed: when the ticket was used, or the round is over. Nothing is written then.
        """
        now = self._clock()
        answer = PulseAnswer(team_id=ticket.team_id, scores=scores, comment=comment)

        def write(connection: Connection) -> None:
            found = store.find(connection, ticket.id)
            standing = Standing.EXPIRED if found is None else _standing(*found, now)
            if standing is not Standing.OPEN or not store.use(connection, ticket.id):
                raise Closed(standing if standing is not Standing.OPEN else Standing.ANSWERED)
            store.add_answer(connection, ticket.round_id, answer)

        await self._database.write(write)

    async def comments(self, team_id: str) -> list[tuple[date, str]]:
        """The words of a team's closed rounds that may be shown, as (day on which the round opened, text)."""
        found = await self._database.read(lambda connection: store.comments_of(connection, team_id))
        return [(opened_at.astimezone(self._zone).date(), text) for opened_at, text in found]

    async def close_round(self) -> Round:
        """Close the open round: clear what was answered, tell it, and destroy the rest, all at once.

        :raises NotFound: when none is open.
        """
        now = self._clock()

        def write(connection: Connection) -> Round:
            last = store.open_one(connection)
            if last is None:
                raise NotFound("no round is open", mend="`cadran survey pulse open` opens one")
            closed_at = max(now, last.opened_at)  # the clock may have been set back since
            closed, words = store.contents(connection, last.id)
            memory = [each.cleared for each in store.rounds(connection) if each.cleared is not None]
            told = cleared(closed, memory)
            round_ = Round(
                id=last.id, opened_at=last.opened_at, closes_at=last.closes_at, closed_at=closed_at, cleared=told
            )
            shown = [
                (team, text)
                for team, texts in words.items()
                for text in comments_to_show(texts, len(closed.answers.get(team, ())), SystemRandom())
            ]
            store.close_round(connection, last.id, told, shown, closed_at)
            store.forget_groups(connection, REMEMBERED)
            letter_queue.remove_all(connection, Purpose.PULSE)
            put(connection, pulse_published(round_, zone=self._zone, now=now))
            return round_

        round_ = await self._database.write(write)
        await asyncio.to_thread(self._database.forget)
        self._written()
        return round_


def _send_to(connection: Connection, tickets: Sequence[Ticket], now: datetime) -> int:
    """Have a letter leave to each, and say to how many."""
    for ticket in tickets:
        letter_queue.add(connection, LetterKey(Purpose.PULSE, ticket.id), now)
    return len(tickets)


def _standing(ticket: Ticket, round_: Round, now: datetime) -> Standing:
    if ticket.used:
        return Standing.ANSWERED
    return Standing.OPEN if round_.takes_answers(now) else Standing.EXPIRED
