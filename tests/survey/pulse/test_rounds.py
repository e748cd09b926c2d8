"""Rounds on a real database: asked, answered once each, closed, told, destroyed."""

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import Connection, delete

from services.common.database import Database
from services.common.errors import Conflict, Invalid, NotFound
from services.survey.asking.people import Person
from services.survey.links import Purpose
from services.survey.person import erase
from services.survey.pulse import tables
from services.survey.pulse.clearing import REMEMBERED
from services.survey.pulse.records import Colleague
from services.survey.records import Closed, Standing
from services.survey.tables import letters
from tests.survey.pulse.rounds import CLOSES, LINKS, TEAMS, Rounds, people


@pytest.fixture
def rounds(database: Database) -> Rounds:
    return Rounds(database)


async def sent_to(rounds: Rounds) -> set[object]:
    """The tickets whose letters wait; they are taken out."""
    waiting = {row["id"] for row in await rounds.rows(letters)}
    await rounds.database.write(lambda connection: connection.execute(delete(letters)))
    return waiting


async def test_a_round_is_told_once_and_what_it_rests_on_is_destroyed(rounds: Rounds) -> None:
    await rounds.open()
    tickets = await rounds.tickets()
    assert len(tickets) == sum(TEAMS.values())
    for i, ticket in enumerate(tickets):
        await rounds.answer(ticket, score=i % 11, comment="quiet, please")
    closed = await rounds.pulse.close_round()
    events = await rounds.events()
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


async def test_no_database_tells_which_answer_came_when(rounds: Rounds) -> None:
    """In PostgreSQL rows that were written together bear the same `xmin`, and lie in the order in which they came."""
    await rounds.open(people({"north": 30}))
    for number, ticket in enumerate(await rounds.tickets()):
        await rounds.answer(ticket, comment=f"{number:02}")

    def read(connection: Connection) -> tuple[list[str], int]:
        if connection.dialect.name == "sqlite":
            return list(connection.exec_driver_sql("SELECT comment FROM pulse_answers").scalars()), 1
        lying = connection.exec_driver_sql("SELECT comment FROM pulse_answers ORDER BY ctid").scalars()
        writings = connection.exec_driver_sql("SELECT count(DISTINCT xmin::text) FROM pulse_answers")
        return list(lying), writings.scalar_one()

    lying, writings = await rounds.database.read(read)
    assert len(lying) == 30
    assert lying != sorted(lying)
    assert writings == 1


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
    assert await sent_to(rounds) == {ticket.id for ticket in (first, *others)}
    await rounds.answer(first)
    assert await rounds.pulse.remind() == len(others)
    assert await sent_to(rounds) == {ticket.id for ticket in others}


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
    await rounds.pulse.set_people([Colleague(email=f"a{i}@example.org", team_id="north") for i in range(10)])
    await rounds.pulse.open_round(lambda _: CLOSES)
    for i, ticket in enumerate(await rounds.tickets()):
        await rounds.answer(ticket, comment=f"words {i}")
    await rounds.pulse.close_round()
    shown = await rounds.pulse.comments("north")
    assert sorted(text for _, text in shown) == [f"words {i}" for i in range(10)]


async def test_who_leaves_and_comes_back_is_known_to_be_the_same(rounds: Rounds) -> None:
    """Else figures before and after would be told as if they were of other people."""
    figures = []
    for asked in (people({"north": 9}), people({"south": 9}), people({"north": 8}), people({"north": 9})):
        await rounds.open(asked)
        for number, ticket in enumerate(await rounds.tickets()):
            await rounds.answer(ticket, score=(10, 8, 3)[number % 3])
        closed = await rounds.pulse.close_round()
        rounds.clock.pass_by(days=1)
        assert closed.cleared is not None
        figures.append([row.figures[0].mean is not None for row in closed.cleared.rows if row.team_id != "all"])
    assert figures == [[True], [True], [False], [True]]


async def test_a_round_counts_people_who_were_erased_since_and_writes_to_them_no_more(rounds: Rounds) -> None:
    await rounds.open()
    tickets = await rounds.tickets()
    erased = tickets[:2]
    for ticket in tickets:
        await rounds.answer(ticket)
    for ticket in erased:
        person = Person(emails=frozenset({ticket.email}), customer_ids=frozenset())
        await rounds.database.write(lambda connection, person=person: erase(connection, person, CLOSES))
    held = str([await rounds.rows(table) for table in (tables.people, tables.tickets)])
    assert not any(ticket.email in held for ticket in erased)
    closed = await rounds.pulse.close_round()
    assert closed.cleared is not None
    assert closed.cleared.rows[0].invited == len(tickets)


async def test_which_people_figures_were_about_is_forgotten_with_the_opinions(rounds: Rounds) -> None:
    for _ in range(REMEMBERED + 2):
        await rounds.open()
        for number, ticket in enumerate(await rounds.tickets()):
            await rounds.answer(ticket, score=(10, 8, 3)[number % 3])
        await rounds.pulse.close_round()
        rounds.clock.pass_by(days=1)
    held = [each.cleared for each in await rounds.pulse.rounds() if each.cleared is not None]
    assert [bool(cleared.groups["overall"]) for cleared in held] == [False] * 2 + [True] * REMEMBERED
    assert all(cleared.rows for cleared in held)


@pytest.mark.parametrize(
    ("people", "place"),
    [
        ([Colleague(email="a@b.org", team_id="x"), Colleague(email="a@b.org", team_id="y")], "1.email"),
        ([Colleague(email="a@b.org", team_id="all")], "0.team_id"),
        ([Colleague(email="a@b.org", team_id="x"), Colleague(email="c@b.org", team_id="営業" * 20)], "1.team_id"),
        ([Colleague(email="a@b.org", team_id="")], "0.team_id"),
    ],
)
async def test_a_roster_that_cannot_be_is_refused(rounds: Rounds, people: list[Colleague], place: str) -> None:
    with pytest.raises(Invalid, match=place):
        await rounds.pulse.set_people(people)


async def test_a_round_closes_after_the_clock_was_set_back(rounds: Rounds) -> None:
    opened = await rounds.open()
    rounds.clock.pass_by(days=-2)
    closed = await rounds.pulse.close_round()
    assert closed.closed_at == opened.opened_at
    assert await rounds.events()
    assert await rounds.tickets() == []


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
