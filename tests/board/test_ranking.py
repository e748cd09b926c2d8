"""The members of a cut: whom they are ranked with, and how long their bars are."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.board.ranking import Extent, member_of, ranked
from services.common.events.subjects import parts_of


def row(label: str, value: float | None, *, pace: float | None = None, flags: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"by": {"rep": label}, "label": label, "value": value, "pace": pace, "flags": list(flags)}


def labels(*rows: dict[str, Any]) -> list[str]:
    return [member.row["label"] for member in ranked(rows)]


ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from(["ana", "bob", "cleo", "dan", "unassigned", "unknown"]),
        st.none() | st.integers(-100, 100),
        pace=st.none() | st.sampled_from([0.5, 1.0, 1.5]),
        flags=st.sampled_from([(), ("small_n",)]),
    ),
    unique_by=lambda each: each["label"],
)


def test_members_are_ranked_by_pace_where_there_is_one() -> None:
    assert labels(row("ana", 3), row("bob", 5)) == ["bob", "ana"]
    assert labels(row("ana", 3, pace=1.2), row("bob", 5, pace=0.8), row("cleo", 9)) == ["ana", "bob", "cleo"]


def test_what_rests_on_few_is_not_ranked() -> None:
    assert labels(row("zoe", 0.9, flags=("small_n",)), row("ana", 0.1), row("bob", 0.9, flags=("small_n",))) == [
        "ana",
        "bob",
        "zoe",
    ]


def test_what_is_nobodys_comes_last_without_a_bar() -> None:
    members = ranked([row("unassigned", 100), row("ana", 10), row("bob", 5)])
    assert [(member.row["label"], member.place, member.bar, member.grey) for member in members] == [
        ("ana", 1, Extent(0.0, 1.0), False),
        ("bob", 2, Extent(0.0, 0.5), False),
        ("unassigned", None, None, True),
    ]


def test_who_is_level_shares_a_place_and_the_next_one_is_left_free() -> None:
    members = ranked([row("ana", 7), row("bob", 9), row("cleo", 9), row("dan", None)])
    assert [(member.row["label"], member.place) for member in members] == [
        ("bob", 1),
        ("cleo", 1),
        ("ana", 3),
        ("dan", None),
    ]


def test_bars_begin_at_the_base_on_either_side() -> None:
    above, below = ranked([row("ana", 60), row("bob", -40)])
    assert (above.bar, below.bar) == (Extent(0.4, 0.6), Extent(0.0, 0.4))
    dearer, cheaper = ranked([row("acme", 110), row("bolt", 90)], base=100.0)
    assert (dearer.bar, cheaper.bar) == (Extent(0.5, 0.5), Extent(0.0, 0.5))


@given(ROWS, st.sampled_from([0.0, 100.0]))
def test_everybody_is_listed_once_and_nobody_is_ranked_who_may_not_be(rows: list[dict[str, Any]], base: float) -> None:
    members = ranked(rows, base)
    assert sorted(member.member for member in members) == sorted(row["label"] for row in rows)
    places = [member.place for member in members if member.place is not None]
    assert places == sorted(places)
    assert [member.place is not None for member in members] == sorted(
        (member.place is not None for member in members), reverse=True
    )
    for member in members:
        assert not (member.grey and member.place is not None)
        assert member.bar is None or (member.bar.start >= 0 and member.bar.start + member.bar.length <= 1 + 1e-9)


@given(st.dictionaries(st.sampled_from(["channel", "region"]), st.text(min_size=1), min_size=2))
def test_a_member_of_two_fields_is_named_as_the_read_api_takes_it_apart(by: dict[str, str]) -> None:
    assert parts_of(member_of({"by": by})) == list(by.values())
