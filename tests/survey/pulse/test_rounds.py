"""Rounds on a real database: asked, answered once each, closed, told, destroyed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Table, delete, select

from services.common.errors import Conflict, Invalid, NotFound
from services.common.events import decode
from services.survey.database import Database
from services.survey.links import Links, Purpose
from services.survey.outbox import outbox
from services.survey.pulse import tables
from services.survey.pulse.records import Person, Round, Ticket
from services.survey.pulse.service import Pulse
from services.survey.records import Standing
from services.survey.service import Closed
from services.survey.tables import letters

ZONE = ZoneInfo("Europe/Paris")
OPENED = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
CLOSES = OPENED + timedelta(days=7)
TEAMS = {"north": 7, "south": 6, "east": 2}
LINKS = Links(["k" * 32], "http://127.0.0.1")


class Clock:
    now = OPENED

    def __call__(self) -> datetime:
        return self.now


class Rounds:
    """A pulse, and what it asked to be sent."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = Clock()
        self.pulse = Pulse(database, LINKS, zone=ZONE, clock=self.clock, has_mail=True, written=lambda: None)

    async def tickets(self) -> list[Ticket]:
        return [Ticket(**row) for row in await self.rows(tables.tickets)]

    async def sent_to(self) -> set[object]:
        """The tickets whose letters wait; they are taken out."""
        waiting = {row["id"] for row in await self.rows(letters)}
        await self.database.write(lambda connection: connection.execute(delete(letters)))
        return waiting

    async def open(self, closes_at: datetime = CLOSES) -> Round:
        people = [
            Person(email=f"{team}{i}@example.org", team_id=team) for team, size in TEAMS.items() for i in range(size)
        ]
        await self.pulse.set_people(people)
        return (await self.pulse.open_round(lambda _: closes_at))[0]

    async def answer(self, ticket: Ticket, score: int = 8, comment: str = "") -> None:
        found, _ = await self.pulse.find(LINKS.token(Purpose.PULSE, ticket.id))
        await self.pulse.answer(found, {"overall": score, "workload": 10 - score}, comment)

    async def rows(self, table: Table) -> list[dict[str, object]]:
        return await self.database.read(lambda c: [dict(row) for row in c.execute(select(table)).mappings()])


@pytest.fixture
async def rounds(tmp_path: Path) -> AsyncIterator[Rounds]:
    database = Database(f"sqlite:///{tmp_path / 'survey.sqlite'}")
    database.open()
    yield Rounds(database)
    database.close()


async def test_a_round_is_told_once_and_what_it_rests_on_is_destroyed(rounds: Rounds) -> None:
    await rounds.open()
    tickets = await rounds.tickets()
    assert len(tickets) == sum(TEAMS.values())
    for i, ticket in enumerate(tickets):
        await rounds.answer(ticket, score=i % 11, comment="quiet, please")
    closed = await rounds.pulse.close_round()
    events = [decode(row["value"]) for row in await rounds.rows(outbox)]  # type: ignore[arg-type]
    assert {event.subject for event in events} == {f"{closed.id}/{team}" for team in ("all", *TEAMS)}
    told = {event.data.team_id: event.data for event in events}
    assert told["all"].answered == len(tickets)
    assert told["east"].figures == ()
    assert await rounds.rows(tables.tickets) == []
    assert await rounds.rows(tables.answers) == []
    assert await rounds.rows(tables.comments) == []  # no team had ten answers
    with pytest.raises(NotFound):
        await rounds.pulse.close_round()


async def test_nothing_leads_from_an_answer_to_who_gave_it(rounds: Rounds) -> None:
    await rounds.open()
    tickets = await rounds.tickets()
    for ticket in tickets:
        await rounds.answer(ticket)
    identity = {value for ticket in tickets for value in (ticket.id, ticket.person_id, ticket.email)}
    answers = await rounds.rows(tables.answers)
    assert len(answers) == len(tickets)
    assert all(identity.isdisjoint(map(str, answer.values())) for answer in answers)
    assert all(not isinstance(value, datetime) for answer in answers for value in answer.values())
    sql = await rounds.database.read(
        lambda c: c.exec_driver_sql("select sql from sqlite_master where name = 'pulse_answers'").scalar_one()
    )
    assert "WITHOUT ROWID" in sql  # the order in which they came is not kept


async def test_a_ticket_is_good_once_however_often_it_is_sent_at_the_same_instant(rounds: Rounds) -> None:
    await rounds.open()
    (ticket, *_) = await rounds.tickets()
    results = await asyncio.gather(*(rounds.answer(ticket) for _ in range(20)), return_exceptions=True)
    assert results.count(None) == 1
    assert all(isinstance(r, Closed) and r.standing is Standing.ANSWERED for r in results if r is not None)
    assert len(await rounds.rows(tables.answers)) == 1


async def test_only_those_who_have_not_answered_are_reminded(rounds: Rounds) -> None:
    await rounds.open()
    first, *others = await rounds.tickets()
    assert await rounds.sent_to() == {ticket.id for ticket in (first, *others)}
    await rounds.answer(first)
    assert await rounds.pulse.remind() == len(others)
    assert await rounds.sent_to() == {ticket.id for ticket in others}


async def test_a_closed_round_takes_no_answer(rounds: Rounds) -> None:
    await rounds.open()
    ticket = (await rounds.tickets())[0]
    rounds.clock.now = CLOSES
    with pytest.raises(Closed) as late:
        await rounds.answer(ticket)
    assert late.value.standing is Standing.EXPIRED
    await rounds.pulse.close_round()
    with pytest.raises(Closed):
        await rounds.pulse.find(LINKS.token(Purpose.PULSE, ticket.id))


async def test_words_of_ten_and_more_are_kept_without_order(rounds: Rounds) -> None:
    await rounds.pulse.set_people([Person(email=f"a{i}@example.org", team_id="north") for i in range(10)])
    await rounds.pulse.open_round(lambda _: CLOSES)
    for i, ticket in enumerate(await rounds.tickets()):
        await rounds.answer(ticket, comment=f"words {i}")
    await rounds.pulse.close_round()
    shown = await rounds.pulse.comments("north")
    assert sorted(text for _, text in shown) == [f"words {i}" for i in range(10)]


async def test_who_stays_is_the_same_in_the_next_roster(rounds: Rounds) -> None:
    await rounds.open()
    before = {ticket.email: ticket.person_id for ticket in await rounds.tickets()}
    await rounds.pulse.close_round()
    rounds.clock.now = OPENED + timedelta(days=30)
    await rounds.open(rounds.clock.now + timedelta(days=7))
    assert {ticket.email: ticket.person_id for ticket in await rounds.tickets()} == before


@pytest.mark.parametrize(
    "people",
    [
        [Person(email="a@b.org", team_id="x"), Person(email="a@b.org", team_id="y")],
        [Person(email="a@b.org", team_id="all")],
    ],
)
async def test_a_roster_that_cannot_be_is_refused(rounds: Rounds, people: list[Person]) -> None:
    with pytest.raises(Invalid):
        await rounds.pulse.set_people(people)


async def test_no_round_without_a_roster(rounds: Rounds) -> None:
    with pytest.raises(Invalid, match="roster"):
        await rounds.pulse.open_round(lambda _: CLOSES)


async def test_one_round_at_a_time(rounds: Rounds) -> None:
    await rounds.open()
    with pytest.raises(Conflict):
        await rounds.pulse.open_round(lambda _: CLOSES)
    await rounds.pulse.close_round()
    with pytest.raises(Conflict):
        await rounds.pulse.open_round(lambda _: CLOSES)
