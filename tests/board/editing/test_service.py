"""Edits on either database: with their event or not at all, once, and none lost."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from services.board import tables
from services.board.editing.service import Draft, Editing, Overtaken
from services.board.editing.statements import Statement
from services.common.database import Database
from services.common.errors import Unavailable
from services.common.events import Event, decode
from services.common.events.reference import TargetSet
from tests.board.editing.parts import ANA, FORM, NOVEMBER, statement, target
from tests.support.clock import START

ALL = NOVEMBER.subject("all")
LATER = START + timedelta(minutes=1)


@pytest.fixture
def editing(database: Database) -> Editing:
    return Editing(database, written=lambda: None)


async def events(database: Database) -> list[Event]:
    """What waits in the outbox."""
    query = select(tables.outbox.c.value)
    return [decode(value) for value in await database.read(lambda c: c.execute(query).scalars().all())]


async def of_ana(editing: Editing, counted: Sequence[Statement[TargetSet]] = ()) -> list[Statement[TargetSet]]:
    return (await editing.statements("target", {ANA: counted}))[ANA]


async def test_who_changed_what_is_kept_with_the_event_that_says_so(editing: Editing, database: Database) -> None:
    known = statement(40)
    await editing.save("lea@example.org", [Draft(target(42, LATER), known.event_id)], {ANA: [known]})
    (event,) = await events(database)
    assert (event.subject, event.data.value, event.time) == (ANA, 42, LATER)
    assert "example.org" not in str(event)
    first, second = await of_ana(editing, [known])
    assert (first.person, second.person, second.data.value) == (None, "lea@example.org", 42)
    assert (second.time, second.event_id, second.is_counted) == (LATER, event.id, False)
    kept = await database.read(lambda c: c.execute(select(tables.edits.c.before, tables.edits.c.kind)).one())
    assert '"value":40' in kept[0]
    assert kept[1] == "target"


async def test_sent_twice_it_is_one(editing: Editing, database: Database) -> None:
    """Though the second comes later, and after somebody else's."""
    await editing.save("lea", [Draft(target(42, START), "")], {ANA: []})
    await editing.save("lea", [Draft(target(42, LATER), "")], {ANA: []})
    (mine,) = await of_ana(editing)
    await editing.save("max", [Draft(target(43, LATER, form="m" * 32), mine.event_id)], {ANA: []})
    await editing.save("lea", [Draft(target(42, LATER), "")], {ANA: []})
    assert [(each.person, each.data.value) for each in await of_ana(editing)] == [("lea", 42), ("max", 43)]
    assert len(await events(database)) == 2


async def test_of_two_at_once_one_is_told(editing: Editing, database: Database) -> None:
    drafts = [Draft(target(value, START, form=f"{value:032}"), "") for value in range(10)]
    saving = [editing.save("lea", [draft], {ANA: []}) for draft in drafts]
    ends = await asyncio.gather(*saving, return_exceptions=True)
    assert sum(isinstance(end, Overtaken) for end in ends) == 9
    (saved,) = [draft for draft, end in zip(drafts, ends, strict=True) if end is None]
    assert [event.id for event in await events(database)] == [saved.event.id]


async def test_what_was_made_from_something_else_is_refused_and_nothing_with_it_is_kept(
    editing: Editing, database: Database
) -> None:
    """Another system's statement came meanwhile for one of two."""
    drafts = [Draft(target(1, LATER, member="all"), ""), Draft(target(42, LATER), "seen")]
    with pytest.raises(Overtaken) as refused:
        await editing.save("lea", drafts, {ALL: [], ANA: [statement(40, event_id="other")]})
    assert refused.value.subjects == [ANA]
    assert await events(database) == []
    assert await of_ana(editing) == []


async def test_a_form_never_says_two_things(editing: Editing) -> None:
    await editing.save("lea", [Draft(target(42, START), "")], {ANA: []})
    (mine,) = await of_ana(editing)
    with pytest.raises(Overtaken):
        await editing.save("lea", [Draft(target(43, LATER), mine.event_id)], {ANA: []})


async def test_what_would_not_stand_is_refused(editing: Editing, database: Database) -> None:
    """A sender's clock may be some minutes ahead: what it stated would win over what is said now."""
    ahead = statement(40, LATER)
    with pytest.raises(Unavailable):
        await editing.save("lea", [Draft(target(42, START), ahead.event_id)], {ANA: [ahead]})
    assert await events(database) == []


async def test_what_waits_is_known(editing: Editing, database: Database) -> None:
    event = target(42, START)
    await editing.save("lea", [Draft(event, "")], {ANA: []})
    assert not await editing.are_sent([event.id], patience=0)
    assert await editing.are_sent(["another"], patience=0)
    await database.write(lambda c: c.execute(tables.outbox.delete()))
    assert await editing.are_sent([event.id], patience=0)


async def test_subjects_of_a_kind_are_those_that_were_edited(editing: Editing, database: Database) -> None:
    row = {"at": START, "person": "lea", "kind": "promotion", "subject": "autumn", "before": None, "after": "{}"}
    await database.write(lambda c: c.execute(insert(tables.edits), {**row, "event_id": FORM}))
    await editing.save("lea", [Draft(target(42, START), ""), Draft(target(1, START, member="all"), "")], {})
    assert await editing.subjects("promotion") == ["autumn"]
    assert await editing.subjects("target") == [ALL, ANA]


async def test_without_its_database_it_says_so(database: Database, editing: Editing) -> None:
    database.close()
    with pytest.raises(Unavailable):
        await editing.subjects("target")
    with pytest.raises(Unavailable):
        await editing.save("lea", [], {})
