"""What is read of answers, and of a person, is the same on either database."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from services.common.database import Database
from services.common.errors import Invalid
from services.common.events.answers import ScoreClass
from services.survey import person, store
from services.survey.answers import verbatims
from services.survey.answers.verbatims import Filter
from services.survey.asking import contact_store
from services.survey.records import About, Answer, Contact

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def fill(connection: Connection) -> None:
    """Ten answers, two at a time; those with an even score ask to be called."""
    contact_store.keep_contact(connection, Contact(customer_id="C-4", email="ana@example.org", name="Ana"), NOW)
    for score in range(10):
        answer = Answer(
            response_id=f"R{score}",
            about=About(touchpoint="delivery" if score % 3 else "visit", customer_id=f"C-{score}"),
            score=score,
            answered_at=NOW + timedelta(minutes=score // 2),
            comment="" if score in (4, 5) else f"words {score}",
            may_call=score % 2 == 0,
        )
        store.add_answer(connection, answer)


async def found(database: Database, wanted: Filter, limit: int = 20) -> list[str]:
    return [each.response_id for each in await database.read(lambda c: verbatims.find(c, wanted, limit))]


async def test_verbatims_are_found_filtered_and_paged(database: Database) -> None:
    await database.write(fill)
    everything = [f"R{score}" for score in reversed(range(10)) if score != 5]
    assert await found(database, Filter()) == everything
    assert await found(database, Filter(score_class=ScoreClass.PASSIVES)) == ["R8", "R7"]
    assert await found(database, Filter(touchpoint="visit")) == ["R9", "R6", "R3", "R0"]
    paged: list[str] = []
    while page := await found(database, Filter(before=paged[-1] if paged else None), 2):
        paged += page
    assert paged == everything
    assert await database.read(verbatims.touchpoints) == ["delivery", "visit"]


async def test_a_nul_character_is_no_internal_error(database: Database) -> None:
    await database.write(fill)
    try:
        assert await database.read(lambda connection: store.invitation(connection, "a\0")) is None  # SQLite takes it
    except Invalid as refused:
        assert "NUL" in refused.message


async def test_a_person_is_told_and_forgotten(database: Database) -> None:
    await database.write(fill)
    (ana,) = [each for each in await database.read(lambda c: verbatims.find(c, Filter(), 20)) if each.email]
    assert (ana.response_id, ana.name, ana.email, ana.customer_id) == ("R4", "Ana", "ana@example.org", "C-4")
    who = await database.read(lambda c: person.find_person(c, "Ana@example.org"))
    held = await database.read(lambda c: person.export(c, who))
    assert {name: len(rows) for name, rows in held.items() if rows} == {"contacts": 1, "answers": 1}
    await database.write(lambda c: person.erase(c, who, NOW))
    assert not any((await database.read(lambda c: person.export(c, who))).values())
    assert "R4" not in await found(database, Filter())
