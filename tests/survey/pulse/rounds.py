"""A pulse on a real database, the people who answer it, and what is kept of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Table, select

from services.common.database import Database
from services.common.events import Event, decode
from services.survey.links import Links, Purpose
from services.survey.pulse import tables
from services.survey.pulse.records import Colleague, Round, Ticket
from services.survey.pulse.service import Pulse
from services.survey.tables import outbox
from tests.support.clock import START, Clock
from tests.survey.parts import PARIS

CLOSES = START + timedelta(days=7)
TEAMS = {"north": 7, "south": 6, "east": 2}
LINKS = Links(["k" * 32], "http://127.0.0.1")


def people(teams: dict[str, int]) -> list[Colleague]:
    """So many people in each team."""
    return [
        Colleague(email=f"{team}{i}@example.org", team_id=team) for team, size in teams.items() for i in range(size)
    ]


class Rounds:
    """A pulse and its clock. `links`: those that letters bear."""

    def __init__(self, database: Database, links: Links = LINKS, clock: Clock | None = None) -> None:
        self.database = database
        self.links = links
        self.clock = clock or Clock()
        self.pulse = Pulse(database, links, zone=PARIS, clock=self.clock, has_mail=True, written=lambda: None)

    async def open(self, asked: Sequence[Colleague] | None = None, closes_at: datetime | None = None) -> Round:
        await self.pulse.set_people(people(TEAMS) if asked is None else asked)
        round_, _ = await self.pulse.open_round(lambda now: closes_at or now + (CLOSES - START))
        return round_

    async def answer(self, ticket: Ticket, score: int = 8, comment: str = "") -> None:
        found, _ = await self.pulse.find(self.links.token(Purpose.PULSE, ticket.id))
        await self.pulse.answer(found, {"overall": score, "workload": 10 - score}, comment)

    async def tickets(self) -> list[Ticket]:
        return [Ticket(**row) for row in await self.rows(tables.tickets)]

    async def events(self) -> list[Event]:
        """All that was told, in order."""
        return [decode(row["value"]) for row in await self.rows(outbox)]  # type: ignore[arg-type]

    async def rows(self, table: Table) -> list[dict[str, object]]:
        return await self.database.read(lambda c: [dict(row) for row in c.execute(select(table)).mappings()])


def raw(folder: Path) -> bytes:
    """Every byte of an SQLite database and of what lies beside it."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("survey.sqlite*")))
