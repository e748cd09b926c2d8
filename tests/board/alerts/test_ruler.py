"""The picture of a number against its level."""

from hypothesis import given
from hypothesis import strategies as st

from services.board.alerts.ruler import WIDTH, WORD, Ruler, ruler
from tests.support.alerts_api import alert, member

numbers = st.floats(-1e9, 1e9)
known = st.none() | numbers


@st.composite
def drawn(draw: st.DrawFn) -> tuple[Ruler, str, float | None, float]:
    level, clear, value = draw(numbers), draw(numbers), draw(known)
    low, high = draw(st.tuples(numbers, numbers).map(sorted) | st.just([None, None]))
    side = draw(st.sampled_from(["below", "above"]))
    judged = alert("A", "sales", level=level, clear=clear, side=side)
    return ruler(judged, member("quiet", value, low, high)), side, value, level


@given(drawn())
def test_all_of_it_lies_within_the_picture(made: tuple[Ruler, str, float | None, float]) -> None:
    picture = made[0]
    places = [picture.level.x, *picture.beyond, *(picture.interval or ())]
    places += [picture.clear.x] if picture.clear else []
    places += [] if picture.value is None else [picture.value]
    assert all(0 <= place <= WIDTH for place in places)
    for mark in (picture.level, picture.clear):
        assert mark is None or WORD / 2 <= mark.word <= WIDTH - WORD / 2


@given(drawn())
def test_a_number_beyond_its_level_lies_where_it_should_not(made: tuple[Ruler, str, float | None, float]) -> None:
    picture, side, value, level = made
    if value is None:
        assert picture.value is None
        return
    assert picture.value is not None
    is_beyond = value < level if side == "below" else value > level
    begins, ends = picture.beyond
    if is_beyond:
        assert begins <= picture.value <= ends
    else:
        assert picture.value >= ends if side == "below" else picture.value <= begins


def test_an_end_that_is_the_level_and_what_is_not_known_are_not_drawn() -> None:
    picture = ruler(alert("A", "nps", level=0.0, clear=0.0), member("unknown", None))
    assert (picture.clear, picture.value, picture.interval) == (None, None, None)
