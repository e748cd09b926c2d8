"""Reading and writing the pulse's tables. Every function takes the connection of a transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from operator import itemgetter

import msgspec
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from services.survey.links import new_id
from services.survey.pulse import tables
from services.survey.pulse.clearing import Cleared, ClosedRound
from services.survey.pulse.records import Colleague, PulseAnswer, Round, Ticket

_cleared = msgspec.json.Decoder(Cleared)


def set_people(connection: Connection, people: Sequence[Colleague]) -> None:
    """Replace the roster."""
    connection.execute(delete(tables.people))
    if people:
        connection.execute(insert(tables.people), [msgspec.structs.asdict(person) for person in people])


def team_sizes(connection: Connection) -> dict[str, int]:
    """How many people the next round asks, by team."""
    query = select(tables.people.c.team_id, func.count()).group_by(tables.people.c.team_id)
    return {row[0]: row[1] for row in connection.execute(query.order_by(tables.people.c.team_id))}


def open_round(connection: Connection, round_: Round) -> list[Ticket]:
    """Begin a round: a ticket for each person of the roster."""
    connection.execute(
        insert(tables.rounds), {"id": round_.id, "opened_at": round_.opened_at, "closes_at": round_.closes_at}
    )
    people = connection.execute(select(tables.people).order_by(tables.people.c.email)).mappings()
    made = [Ticket(id=new_id(), round_id=round_.id, person_id=person_id(row["email"]), **row) for row in people]
    connection.execute(insert(tables.tickets), [msgspec.structs.asdict(ticket) for ticket in made])
    return made


def rounds(connection: Connection) -> list[Round]:
    """All rounds, the oldest first."""
    return [
        _round(row) for row in connection.execute(select(tables.rounds).order_by(tables.rounds.c.opened_at)).mappings()
    ]


def open_one(connection: Connection) -> Round | None:
    """The round that is open. There is never more than one."""
    row = connection.execute(select(tables.rounds).where(tables.rounds.c.closed_at.is_(None))).mappings().first()
    return None if row is None else _round(row)


def _round(row: RowMapping) -> Round:
    return Round(**{**row, "cleared": None if row["cleared"] is None else _cleared.decode(row["cleared"])})


def find(connection: Connection, ticket_id: str) -> tuple[Ticket, Round] | None:
    """A ticket and its round; nothing once the round is closed, as tickets are deleted then."""
    row = connection.execute(select(tables.tickets).where(tables.tickets.c.id == ticket_id)).mappings().first()
    if row is None:
        return None
    ticket = Ticket(**row)
    found = connection.execute(select(tables.rounds).where(tables.rounds.c.id == ticket.round_id)).mappings().one()
    return ticket, _round(found)


def use(connection: Connection, ticket_id: str) -> bool:
    """Use a ticket up; of two at the same instant, one is told true."""
    changed = connection.execute(
        update(tables.tickets)
        .where(tables.tickets.c.id == ticket_id, tables.tickets.c.used.is_(False))
        .values(used=True)
    )
    return changed.rowcount == 1


def add_answer(connection: Connection, round_id: str, answer: PulseAnswer) -> None:
    """Keep an answer, and write all of its team anew, in the order of their random ids.

    Else PostgreSQL would tell by its own columns (`xmin`, `ctid`) which answer was written together with which ticket.
    """
    of_team = (tables.answers.c.round_id == round_id, tables.answers.c.team_id == answer.team_id)
    taken = connection.execute(delete(tables.answers).where(*of_team).returning(tables.answers)).mappings()
    rows = [dict(row) for row in taken]
    rows.append({"id": new_id(), "round_id": round_id, **msgspec.structs.asdict(answer)})
    connection.execute(insert(tables.answers), sorted(rows, key=itemgetter("id")))


def mark_reminded(connection: Connection, round_id: str, now: datetime) -> None:
    connection.execute(update(tables.rounds).where(tables.rounds.c.id == round_id).values(reminded_at=now))


def unused(connection: Connection, round_id: str) -> list[Ticket]:
    """The tickets of those who have not answered. What the others said is nowhere near."""
    where = (tables.tickets.c.round_id == round_id, tables.tickets.c.used.is_(False))
    return [Ticket(**row) for row in connection.execute(select(tables.tickets).where(*where)).mappings()]


def contents(connection: Connection, round_id: str) -> tuple[ClosedRound, Mapping[str, Sequence[str]]]:
    """An open round, as it is to be closed: rosters and scores by team, and the comments by team."""
    rosters: defaultdict[str, set[str]] = defaultdict(set)
    for team, person in connection.execute(
        select(tables.tickets.c.team_id, tables.tickets.c.person_id).where(tables.tickets.c.round_id == round_id)
    ):
        rosters[team].add(person)
    scores: defaultdict[str, list[Mapping[str, int]]] = defaultdict(list)
    comments: defaultdict[str, list[str]] = defaultdict(list)
    for row in connection.execute(select(tables.answers).where(tables.answers.c.round_id == round_id)).mappings():
        scores[row["team_id"]].append(row["scores"])
        if row["comment"]:
            comments[row["team_id"]].append(row["comment"])
    closed = ClosedRound({team: frozenset(people) for team, people in rosters.items()}, dict(scores))  # type: ignore[arg-type]
    return closed, comments


def person_id(email: str) -> str:
    """What names a person in the memory of rounds: who leaves and comes back is known to be the same."""
    return sha256(email.encode()).hexdigest()


def close_round(
    connection: Connection, round_id: str, cleared: Cleared, comments: Iterable[tuple[str, str]], now: datetime
) -> None:
    """Keep what may be told, and `comments` as (team, text); destroy who was asked and what was answered.

    No other round is open, so both tables are emptied.
    """
    connection.execute(update(tables.rounds).where(tables.rounds.c.id == round_id).values(closed_at=now))
    _set_cleared(connection, round_id, cleared)
    for table in (tables.tickets, tables.answers):
        connection.execute(delete(table))
    rows = [{"id": new_id(), "round_id": round_id, "team_id": team, "text": text} for team, text in comments]
    if rows:
        connection.execute(insert(tables.comments), rows)


def forget_groups(connection: Connection, remembered: int) -> None:
    """Forget which people the figures of a round were about, but for those of the rounds that are `remembered`."""
    told = [(each.id, each.cleared) for each in rounds(connection) if each.cleared is not None]
    for round_id, old in told[:-remembered]:
        _set_cleared(connection, round_id, Cleared(old.rows, dict.fromkeys(old.groups, frozenset())))


def _set_cleared(connection: Connection, round_id: str, cleared: Cleared) -> None:
    text = msgspec.json.encode(cleared).decode()
    connection.execute(update(tables.rounds).where(tables.rounds.c.id == round_id).values(cleared=text))


def comments_of(connection: Connection, team_id: str) -> list[tuple[datetime, str]]:
    """The words of a team's closed rounds as (when the round opened, text), the latest first; in one, in no order."""
    query = select(tables.rounds.c.opened_at, tables.comments.c.text).join_from(tables.comments, tables.rounds)
    of_team = query.where(tables.comments.c.team_id == team_id)
    rows = connection.execute(of_team.order_by(tables.rounds.c.opened_at.desc(), tables.comments.c.id))
    return [(row.opened_at, row.text) for row in rows]
