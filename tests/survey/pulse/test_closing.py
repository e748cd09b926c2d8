"""Closing a round: all of it or nothing, and what is destroyed is gone from the disk."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from signal import SIGKILL

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from services.common.database import Database, opened
from services.common.errors import NotFound
from services.survey.pulse import tables
from services.survey.pulse.comments import FEWEST_FOR_COMMENTS
from services.survey.tables import SCHEMA, letters, outbox
from tests.support.databases import sqlite_url
from tests.survey.pulse.rounds import TEAMS, Rounds, people, raw

KILLED_WHILE_CLOSING = """
import asyncio, os, sys
from services.common.database import Database, opened
from services.survey.tables import SCHEMA
from services.survey.pulse import service
from tests.survey.pulse.rounds import Rounds

service.put = lambda *_: os.kill(os.getpid(), 9)  # the last thing that closing does before it is on the disk
database = Database(sys.argv[1], SCHEMA)
database.open()
asyncio.run(Rounds(database).pulse.close_round())
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(sqlite_url(tmp_path), SCHEMA) as database:
        yield database


@pytest.fixture
async def rounds(database: Database) -> Rounds:
    """A round that everybody has answered."""
    rounds = Rounds(database)
    await rounds.open()
    for number, ticket in enumerate(await rounds.tickets()):
        await rounds.answer(ticket, score=number % 11)
    return rounds


async def assert_it_is_open_and_closes_once(rounds: Rounds) -> None:
    assert len(await rounds.rows(tables.tickets)) == len(await rounds.rows(tables.answers)) == sum(TEAMS.values())
    assert await rounds.rows(outbox) == []
    await rounds.pulse.close_round()
    with pytest.raises(NotFound):
        await rounds.pulse.close_round()
    assert len(await rounds.events()) == len(TEAMS) + 1


async def test_a_failure_while_closing_leaves_the_round_open_and_nothing_told(rounds: Rounds) -> None:
    def change(sql: str) -> Callable[[Connection], None]:
        def write(connection: Connection) -> None:
            connection.exec_driver_sql(sql)

        return write

    fails = "CREATE TRIGGER fails BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END"
    await rounds.database.write(change(fails))
    with pytest.raises(IntegrityError):
        await rounds.pulse.close_round()
    await rounds.database.write(change("DROP TRIGGER fails"))
    await assert_it_is_open_and_closes_once(rounds)


async def test_a_kill_while_closing_leaves_the_round_open_and_nothing_told(rounds: Rounds, tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED_WHILE_CLOSING, sqlite_url(tmp_path)]
    killed = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=60)
    assert killed.returncode == -SIGKILL, killed.stderr
    await assert_it_is_open_and_closes_once(rounds)


async def test_of_many_who_close_at_the_same_instant_one_does(rounds: Rounds) -> None:
    closing = (rounds.pulse.close_round() for _ in range(10))
    results = await asyncio.gather(*closing, return_exceptions=True)
    assert sum(isinstance(result, NotFound) for result in results) == 9
    assert len(await rounds.events()) == len(TEAMS) + 1


@pytest.mark.parametrize("seed", range(5))
async def test_no_byte_on_the_disk_holds_what_was_destroyed(database: Database, tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    rounds = Rounds(database)
    teams = {f"team-{number}": random.randint(1, 40) for number in range(10)}
    await rounds.open(people(teams))
    tickets = await rounds.tickets()
    spoken: list[tuple[str, str]] = []
    for number, ticket in enumerate(random.sample(tickets, random.randint(len(tickets) // 2, len(tickets)))):
        words = f"<person {number} says {'so ' * random.choice((0, 5, 1300))}>"
        await rounds.answer(ticket, score=random.randint(0, 10), comment=words)
        await rounds.database.write(lambda c, id_=ticket.id: c.execute(letters.delete().where(letters.c.id == id_)))
        spoken.append((ticket.team_id, words))
    await rounds.pulse.remind()
    answers = [str(row["id"]) for row in await rounds.rows(tables.answers)]
    of = [team for team, _ in spoken]
    unshown = [words for team, words in spoken if of.count(team) < FEWEST_FOR_COMMENTS]
    destroyed = [
        *answers,
        *unshown,
        *(ticket.id for ticket in tickets),
        *(ticket.email for ticket in tickets),
    ]
    assert unshown
    assert sum(secret.encode() in raw(tmp_path) for secret in destroyed) > len(tickets)  # while it is open

    await rounds.pulse.close_round()
    await rounds.pulse.set_people([])

    on_disk = raw(tmp_path)
    assert [secret for secret in destroyed if secret.encode() in on_disk] == []
