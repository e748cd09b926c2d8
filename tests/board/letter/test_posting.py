"""Letters that leave: taken by a real SMTP server, kept in a real database."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from services.board.letter import sent
from services.board.letter.judging import Judgement, Verdict
from services.board.letter.posting import LEASE, LOOK_AGAIN, PATIENCE, TRY_AGAIN, LetterClock, Post
from services.board.letter.story import Story
from services.board.letter.weeks import Week, read_sending_time
from services.board.letter.writing import WeekWriter
from services.common.database import Database
from services.common.errors import Unavailable
from services.common.mail.account import Account, Security
from services.common.mail.courier import Courier
from tests.board.letter.company import WEEK
from tests.support.clock import Clock
from tests.support.events import PARIS, at
from tests.support.mail import OK, MailServer

ANNE, BOB = "anne@example.org", "bob@example.org"
MakeClock = Callable[[], LetterClock]


class Reading:
    """Reads the week, unless the read API is away."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.is_away = False

    async def __call__(self, week: Week) -> Story:
        if self.is_away:
            raise Unavailable("the read API does not answer")
        assert week == self.story.week
        return self.story


@pytest.fixture
def reading(story: Story) -> Reading:
    return Reading(story)


@pytest.fixture
def another(reading: Reading, writer: WeekWriter, server: MailServer, database: Database, clock: Clock) -> MakeClock:
    """A board's clock, as each process has one."""

    def make() -> LetterClock:
        courier = Courier(Account("127.0.0.1", server.port, Security.NONE))
        post = Post(writer, courier, database, sender="cadran@example.org", clock=clock)
        sending = read_sending_time("mon 07:30")
        return LetterClock(post, reading, sending, PARIS, clock, language="fr", recipients=[ANNE, BOB])

    return make


@pytest.fixture
def board(another: MakeClock) -> LetterClock:
    return another()


def recipients(server: MailServer) -> list[str]:
    return [letter["To"].addresses[0].addr_spec for letter in server.letters]


async def test_on_monday_each_gets_one_and_no_restart_sends_another(
    board: LetterClock, another: MakeClock, server: MailServer, clock: Clock
) -> None:
    clock.now = at("2026-11-23 07:29")
    assert await board.look() == LOOK_AGAIN
    assert server.letters == []
    clock.pass_by(minutes=1)
    await board.look()
    assert recipients(server) == [ANNE, BOB]
    for _ in range(3):
        clock.pass_by(days=2)
        assert await another().look() == LOOK_AGAIN
    assert len(server.letters) == 2


async def test_a_machine_that_was_off_on_monday_sends_it_when_it_is_back(
    board: LetterClock, server: MailServer, clock: Clock
) -> None:
    clock.now = at("2026-11-28 22:00")
    await board.look()
    assert recipients(server) == [ANNE, BOB]
    assert "16 novembre" in server.letters[0]["Subject"]


async def test_the_letter_of_a_week_long_past_is_not_sent(board: LetterClock, server: MailServer, clock: Clock) -> None:
    clock.now = at("2026-11-30 07:00")
    assert await board.look() == LOOK_AGAIN
    assert server.letters == []


async def test_without_the_read_api_it_waits(board: LetterClock, server: MailServer, reading: Reading) -> None:
    reading.is_away = True
    assert await board.look() == TRY_AGAIN
    assert server.letters == []
    reading.is_away = False
    await board.look()
    assert len(server.letters) == 2


async def test_a_week_that_has_not_all_come_in_is_waited_for_and_then_said_to_be_so(
    board: LetterClock, server: MailServer, reading: Reading, clock: Clock
) -> None:
    kpis = [kpi._replace(judgement=Judgement(Verdict.PART)) for kpi in reading.story.kpis]
    reading.story = reading.story._replace(kpis=kpis, as_of=at("2026-11-22 18:00"))
    clock.pass_by(seconds=PATIENCE.total_seconds() - 1)
    assert await board.look() == TRY_AGAIN
    assert server.letters == []
    clock.pass_by(seconds=1)
    await board.look()
    assert [letter["Subject"].endswith("la semaine n’est pas complète") for letter in server.letters] == [True, True]


async def test_an_address_that_is_refused_is_not_tried_again_and_holds_nobody_up(
    board: LetterClock, server: MailServer, clock: Clock, database: Database
) -> None:
    server.at_rcpt = lambda address: "550 5.1.1 no such user" if address == ANNE else OK
    await board.look()
    server.at_rcpt = lambda _: OK
    clock.pass_by(hours=1)
    assert await board.look() == LOOK_AGAIN
    assert recipients(server) == [BOB]
    assert await database.read(lambda connection: sent.waiting(connection, WEEK, [ANNE, BOB])) == []


@pytest.mark.parametrize("reply", ["451 4.7.1 greylisted", "421 4.3.2 closing"])
async def test_what_is_not_taken_now_is_tried_again(
    board: LetterClock, server: MailServer, clock: Clock, reply: str
) -> None:
    server.at_data = lambda address: reply if address == ANNE else OK
    assert await board.look() == TRY_AGAIN
    assert recipients(server) == [BOB]
    server.at_data = lambda _: OK
    clock.pass_by(seconds=TRY_AGAIN)
    await board.look()
    assert recipients(server) == [BOB, ANNE]


async def test_two_boards_send_each_letter_once(another: MakeClock, server: MailServer) -> None:
    await asyncio.gather(*(another().look() for _ in range(3)))
    assert sorted(recipients(server)) == [ANNE, BOB]


async def test_one_killed_before_it_wrote_down_that_a_letter_was_taken_has_that_one_sent_again(
    board: LetterClock, another: MakeClock, server: MailServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is killed, as it were, while it hands Anne's letter over: what comes after never happens."""
    killed = asyncio.Event()

    async def never(self: Post, *_: object) -> None:
        killed.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(Post, "_surely_record", never)
        look = asyncio.create_task(board.look())
        await killed.wait()
        look.cancel()
        await asyncio.wait([look])
    await another().look()
    assert recipients(server) == [ANNE, BOB]  # Anne's is claimed as long as it may still be under way
    clock.now += LEASE
    await another().look()
    assert recipients(server) == [ANNE, BOB, ANNE]
    assert server.letters[0]["Message-ID"] == server.letters[2]["Message-ID"]
    clock.pass_by(hours=1)
    assert await another().look() == LOOK_AGAIN


async def test_what_is_claimed_or_has_left_cannot_be_claimed(database: Database, clock: Clock) -> None:
    async def claim(moment: timedelta) -> bool:
        now = clock.now + moment
        return await database.write(lambda connection: sent.claim(connection, WEEK, ANNE, now, LEASE))

    zero = timedelta()
    assert await claim(zero)
    assert not await claim(LEASE - timedelta(seconds=1))
    assert await claim(LEASE)
    await database.write(lambda connection: sent.release(connection, WEEK, ANNE))
    assert await claim(zero)
    await database.write(lambda connection: sent.settle(connection, WEEK, ANNE, clock.now, ""))
    assert not await claim(10 * LEASE)
