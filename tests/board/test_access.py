"""What each role may see. Whatever is asked for, a rep is shown no other rep's line."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.board.access import Access
from services.board.users import Role
from services.common.errors import Forbidden

CUTS = ("rep", "team", "owner", "region", "store", "channel,region", "campaign")
MEMBERS = ("ana", "bob", "north", "south")
DIRECTOR, ANA, READER = Access(Role.DIRECTOR), Access(Role.REP, "ana", "north"), Access(Role.READER)

kpis = st.builds(
    lambda name, cuts: {"id": name, "cuts": [{"by": cut} for cut in sorted(cuts)]},
    st.sampled_from(["sales", "nps", "team_satisfaction", "loyalty"]),
    st.sets(st.sampled_from(CUTS)),
)


def rows(by: str) -> list[dict[str, Any]]:
    return [{"by": dict.fromkeys(by.split(","), member)} for member in MEMBERS]


@given(kpis, st.sampled_from(CUTS), st.none() | st.sampled_from(MEMBERS))
def test_a_rep_is_shown_their_own_line_and_totals_alone(kpi: dict[str, Any], by: str, member: str | None) -> None:
    with suppress(Forbidden):
        ANA.check(kpi, by, member)
        shown = ANA.shown(by, rows(by))
        assert [row["by"] for row in shown] == ([{"rep": "ana"}] if by == "rep" else [{"team": "north"}])
        assert member in (None, "ana" if by == "rep" else "north")


@given(kpis)
def test_a_rep_is_offered_no_cut_but_their_own(kpi: dict[str, Any]) -> None:
    (seen,) = ANA.declared([kpi])
    offered = {cut["by"] for cut in seen["cuts"]}
    assert offered <= {"rep", "team"}
    assert ANA.own_cut(kpi) == ("rep" if {"by": "rep"} in kpi["cuts"] else None)
    if "rep" not in offered:
        assert offered == set()


@given(kpis, st.sampled_from(CUTS), st.sampled_from(MEMBERS))
def test_a_director_sees_all(kpi: dict[str, Any], by: str, member: str) -> None:
    assert DIRECTOR.declared([kpi]) == [kpi]
    assert DIRECTOR.shown(by, rows(by)) == rows(by)
    if {"by": by} in kpi["cuts"]:
        DIRECTOR.check(kpi, by, member)


@given(st.lists(kpis))
def test_who_reads_surveys_sees_no_other_kpi(declared: list[dict[str, Any]]) -> None:
    assert {kpi["id"] for kpi in READER.declared(declared)} <= {"nps", "team_satisfaction"}


def test_a_rep_without_a_team_has_no_teams_total() -> None:
    alone = Access(Role.REP, "ana")
    sales = {"id": "sales", "cuts": [{"by": "rep"}, {"by": "team"}]}
    with pytest.raises(Forbidden):
        alone.check(sales, "team")
    assert alone.shown("team", rows("team")) == []


def test_a_rep_is_told_what_stands_behind_their_own_line_alone() -> None:
    assert [ANA.sees_behind(by) for by in ("rep", "team", None)] == [True, False, False]
    assert all(access.sees_behind(by) for access in (DIRECTOR, READER) for by in (*CUTS, None))


def test_alerts_are_seen_by_those_who_see_their_kpi_and_by_no_rep() -> None:
    alerts = [{"kpi": "sales"}, {"kpi": "nps"}]
    assert [access.alerts(alerts) for access in (DIRECTOR, ANA, READER)] == [alerts, [], [{"kpi": "nps"}]]
    with pytest.raises(Forbidden):
        ANA.check_alerts()


def test_only_directors_set_targets() -> None:
    assert [access.sets_targets for access in (DIRECTOR, ANA, READER)] == [True, False, False]


def test_alerts_and_edits_are_for_directors() -> None:
    """Readers see the alerts of what they see; reps none, as an alert may be about anybody."""
    alerts = [{"kpi": "sales"}, {"kpi": "nps"}]
    assert DIRECTOR.alerts(alerts) == alerts
    assert READER.alerts(alerts) == [{"kpi": "nps"}]
    assert ANA.alerts(alerts) == []
    DIRECTOR.check_alerts()
    READER.check_alerts()
    DIRECTOR.check_edits()
    with pytest.raises(Forbidden, match="alerts"):
        ANA.check_alerts()
    for access in (ANA, READER):
        with pytest.raises(Forbidden, match="directors set"):
            access.check_edits()


def test_only_a_rep_has_a_line_of_their_own_where_the_kpi_tells_it() -> None:
    by_rep, by_region = ({"id": "sales", "cuts": [{"by": by}]} for by in ("rep", "region"))
    assert (ANA.own_cut(by_rep), ANA.own_cut(by_region), DIRECTOR.own_cut(by_rep)) == ("rep", None, None)


def test_a_rep_lists_what_stands_behind_their_own_line_alone() -> None:
    assert [ANA.sees_behind(by) for by in ("rep", "team", None)] == [True, False, False]
    assert all(DIRECTOR.sees_behind(by) for by in ("rep", "team", None))


def test_a_rep_asks_for_totals_and_their_own_line_and_for_nobody_elses() -> None:
    kpi = {"id": "sales", "cuts": [{"by": "rep"}, {"by": "region"}]}
    ANA.check(kpi, None)
    ANA.check(kpi, "rep", "ana")
    for by, member, field in (("rep", "bob", "member"), ("region", None, "by")):
        with pytest.raises(Forbidden) as refused:
            ANA.check(kpi, by, member)
        assert refused.value.field == field
