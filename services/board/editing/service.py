"""Making statements: each is kept with who made it, and its event leaves, or neither is."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection

from services.board.editing import store
from services.board.editing.statements import D, Data, Statement, joined, kind_of, standing
from services.common.database import Database
from services.common.errors import Conflict, Unavailable
from services.common.events import Event
from services.common.outbox import put

LOOK_AGAIN = 0.05
"""Seconds between two looks at what has left."""

Counted = Mapping[str, Sequence[Statement[D]]]
"""What the read API knows of some subjects."""


class Draft(NamedTuple):
    """A statement that somebody wants to make. `made_from`: the id of the statement that they saw standing, if any."""

    event: Event
    made_from: str


class Overtaken(Conflict):
    """Another statement was made meanwhile."""

    def __init__(self, subjects: Sequence[str]) -> None:
        super().__init__("was changed meanwhile", mend="look at what stands now")
        self.subjects = subjects


class Editing:
    """The edits. `written` is told when events wait in the outbox."""

    def __init__(self, database: Database, written: Callable[[], None]) -> None:
        self._database = database
        self._written = written

    async def statements(self, kind: str, counted: Counted[D]) -> dict[str, list[Statement[D]]]:
        """All that was stated of some subjects, the newest last.

        :raises Unavailable: when the database does not answer.
        """
        edited = await self._database.read_in_time(partial(store.edits_of, kind=kind, subjects=counted))
        return {subject: joined(known, edited.get(subject, ())) for subject, known in counted.items()}

    async def subjects(self, kind: str) -> list[str]:
        """The subjects that were ever edited here.

        :raises Unavailable: when the database does not answer.
        """
        return await self._database.read_in_time(partial(store.subjects, kind=kind))

    async def are_sent(self, event_ids: Collection[str], patience: float) -> bool:
        """Whether Kafka has some events, or has them after a while (seconds).

        :raises Unavailable: when the database does not answer.
        """
        deadline = time.monotonic() + patience
        while not await self._are_sent(event_ids):
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(LOOK_AGAIN)
        return True

    async def _are_sent(self, event_ids: Collection[str]) -> bool:
        return (await self._database.read_in_time(store.waiting)).isdisjoint(event_ids)

    async def save(self, person: str, drafts: Sequence[Draft], counted: Counted[D]) -> None:
        """Make some statements, all or none; what was made before by the same form is left as it is.

        :raises Overtaken: naming the subjects of which something else stands than was seen.
        :raises Unavailable: when the database does not answer. The same may be sent again.
        """
        work = partial(_save, person=person, drafts=drafts, counted=counted)
        await self._database.write_in_time(work)
        self._written()


def _save(connection: Connection, *, person: str, drafts: Sequence[Draft], counted: Counted[D]) -> None:
    """One transaction at a time writes: what was read here still stands when it is written."""
    made: list[tuple[Event, Data | None]] = []
    overtaken = []
    for draft in drafts:
        event = draft.event
        edited = store.edits_of(connection, kind_of(event), [event.subject]).get(event.subject, [])
        same = next((edit for edit in edited if edit.event_id == event.id), None)
        if same is not None and same.data == event.data:
            continue
        stands = standing(joined(counted.get(event.subject, ()), edited))
        if same is not None or (stands.event_id if stands else "") != draft.made_from:
            overtaken.append(event.subject)
        elif stands is not None and stands.time >= event.time:
            raise Unavailable("what stands was stated with a time to come", mend="try again when it has passed")
        else:
            made.append((event, stands.data if stands else None))
    if overtaken:
        raise Overtaken(overtaken)
    store.add(connection, person, made)
    put(connection, (event for event, _ in made))
