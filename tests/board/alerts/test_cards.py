"""Alerts as people look at them."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.board.alerts.cards import State, card, cards, firing
from tests.support.alerts_api import alert, member

SALES = {"id": "sales", "unit": "money"}
NPS = {"id": "nps", "unit": "points"}
STATES = [state for state in State if state is not State.OFF]
SINCE = datetime(2026, 11, 23, 9, tzinfo=UTC)


def of_store(name: str, state: str, value: float | None = 0.0) -> object:
    return member(state, value, by={"store": name}, label=name, since=SINCE.isoformat())


members = st.lists(st.sampled_from(STATES), max_size=5).map(
    lambda states: [of_store(f"store {n}", state) for n, state in enumerate(states)]
)
alerts = st.lists(st.builds(lambda own, off: alert("A", "sales", *own, by="store", off=off), members, st.booleans()))


@given(alerts)
def test_what_should_be_looked_at_first_is_first(told: list[dict[str, object]]) -> None:
    made = cards(told, [SALES], "EUR")
    order = [list(State).index(each.state) for each in made]
    assert order == sorted(order)
    assert sum(each.state is State.FIRING for each in made) == len(firing(told))
    for each in made:
        states = [list(State).index(own.state) for own in each.members]
        assert states == sorted(states)
        assert each.shown + each.others == each.members
        assert all(own.state is State.QUIET for own in each.others)
        assert bool(each.shown) == bool(each.members)


def test_alerts_on_what_may_not_be_seen_have_no_card() -> None:
    told = [alert("SalesFall", "sales", member("firing", -0.1)), alert("NpsFalls", "nps", member("quiet", 0.1))]
    assert [each.alert["name"] for each in cards(told, [NPS], "EUR")] == ["NpsFalls"]


def test_of_quiet_members_the_one_nearest_to_its_level_is_shown() -> None:
    quiet = [of_store("lille", "quiet", 0.2), of_store("nice", "quiet", None), of_store("metz", "quiet", -0.04)]
    assert [own.label for own in card(alert("A", "sales", *quiet, by="store"), SALES, "EUR").shown] == ["metz"]
    above = alert("A", "sales", *quiet, by="store", side="above", level=0.3, clear=0.3)
    assert [own.label for own in card(above, SALES, "EUR").shown] == ["lille"]


def test_people_would_be_told_after_so_long() -> None:
    waiting = card(alert("A", "sales", member("pending", -0.1, since=SINCE.isoformat())), SALES, "EUR").members[0]
    assert waiting.tells_at == SINCE + timedelta(minutes=30)


def test_only_what_is_asked_for_is_told_as_a_reason() -> None:
    told = member("quiet", 0.0)
    every = card(alert("A", "sales", told), SALES, "EUR").members[0].why
    assert list(every) == ["beyond", "enough", "sure", "open", "trusted"]
    least = card(alert("A", "sales", told, least=0, sure=False, hours="always"), SALES, "EUR").members[0].why
    assert list(least) == ["beyond", "trusted"]


def test_an_address_of_the_board_names_the_cut_and_the_member() -> None:
    whole = card(alert("A", "sales", member("quiet", 0.0)), SALES, "EUR")
    assert (whole.by, whole.members[0].member) == (None, None)
    of_two = member("quiet", 0.0, by={"channel": "online", "region": "a/b"}, label="online a/b")
    cut = card(alert("A", "sales", of_two, by="channel,region"), SALES, "EUR")
    assert (cut.by, cut.members[0].member) == ("channel,region", "online/a%2Fb")
