"""What stands is what was said last, wherever it was said."""

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.board.editing.statements import changes, event_id, joined, standing
from tests.board.editing.parts import ANA, FORM, statement, target
from tests.support.clock import START

said = st.dictionaries(st.integers(-1000, 1000), st.integers(0, 99), max_size=20)


@given(said, st.data(), st.randoms())
def test_what_stands_is_what_was_said_last_whoever_knows_it(
    values: dict[int, int], data: st.DataObject, random: Random
) -> None:
    """Some of it is known to the read API, some was edited here, and some is both: then it was edited here."""
    everything = [statement(value, START + timedelta(minutes=minute)) for minute, value in values.items()]
    counted = [each for each in everything if data.draw(st.booleans())]
    edited = [
        each._replace(person="ana", is_counted=False)
        for each in everything
        if each not in counted or data.draw(st.booleans())
    ]
    random.shuffle(edited)
    found = joined(counted, edited)
    assert [each.data.value for each in found] == [value for _, value in sorted(values.items())]
    assert {each.event_id for each in found if each.person} == {each.event_id for each in edited}
    assert {each.event_id for each in found if each.is_counted} == {each.event_id for each in counted}
    stands = standing(found, until=START)
    past = [minute for minute in values if minute <= 0]
    assert (stands.data.value if stands else None) == (values[max(past)] if past else None)


@given(said)
def test_history_is_a_chain(values: dict[int, int]) -> None:
    found = changes(joined([statement(value, START + timedelta(minutes=at)) for at, value in values.items()], []))
    assert [change.before for change in found[1:]] == [change.statement.data for change in found[:-1]]
    assert not found or found[0].before is None


def test_an_event_names_its_form_and_not_a_person() -> None:
    event = target(40, START)
    assert (event.source, event.type, event.subject, event.time) == ("/board", "target.set", ANA, START)
    assert event.id == event_id("target", ANA, FORM)
    assert event.id != target(40, START, form="g" * 32).id
    assert event.id != target(40, START, member="all").id
