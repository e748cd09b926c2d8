"""The sheet of targets: what it shows, and what of it becomes an event."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.board.editing.statements import Statement
from services.board.editing.targets import MISSING, Asked, Member, Sheet, asked_of, counted_of, members_of
from services.common.events.reference import TargetSet
from services.common.windows import Period
from tests.board.editing.parts import FORM, NOVEMBER, statement
from tests.support.clock import START
from tests.support.events import PARIS

EVERYBODY = [Member("all", ""), Member("team:north", "north"), Member("rep:ana", "Ana", "north")]
OCTOBER = date(2026, 10, 1)
END_OF_OCTOBER = datetime(2026, 10, 31, 23, 0, tzinfo=UTC)  # midnight in Paris


def sheet(
    *statements: Statement[TargetSet], asked: Asked = NOVEMBER, unit: str = "count", language: str = "fr"
) -> Sheet:
    subjects = [asked.subject(member.id, day) for member in EVERYBODY for day in (asked.starts_on, asked.previous)]
    known: dict[str, list[Statement[TargetSet]]] = {subject: [] for subject in subjects}
    for each in sorted(statements, key=lambda each: each.time):
        known[each.data.subject(PARIS)].append(each)
    return Sheet(asked, unit, language, PARIS, EVERYBODY, known)


def sent(of: Sheet, **texts: str) -> dict[str, str]:
    """The fields of a sheet as it is shown, some of them filled in anew."""
    fields = {}
    for row in of.rows():
        fields[f"value:{row.member.id}"] = texts.get(row.member.id.replace(":", "_"), row.text)
        fields[f"from:{row.member.id}"] = row.made_from
    return fields


@given(
    st.lists(st.floats(-1e9, 1e9) | st.integers(-(10**9), 10**9), min_size=1, max_size=3),
    st.sampled_from(["fr", "en"]),
    st.sampled_from(["count", "ratio", "points"]),
)
def test_a_sheet_that_is_sent_as_it_was_shown_changes_nothing(
    values: Sequence[float], language: str, unit: str
) -> None:
    """Whatever was stated elsewhere."""
    said = [statement(value, START + timedelta(hours=hour)) for hour, value in enumerate(values)]
    shown = sheet(*said, unit=unit, language=language)
    assert shown.drafts(sent(shown), FORM, START) == ([], {})


def test_what_was_changed_becomes_events_made_from_what_was_seen() -> None:
    shown = sheet(statement(40, event_id="old"))
    drafts, faults = shown.drafts(sent(shown, rep_ana="41,5", all="1 200"), FORM, START + timedelta(hours=1))
    assert faults == {}
    assert [(event.subject, event.data.value, seen) for event, seen in drafts] == [
        ("new_leads/all/month/2026-11-01", 1200, ""),
        ("new_leads/rep%3Aana/month/2026-11-01", 41.5, "old"),
    ]


def test_what_is_wrong_is_told_by_member() -> None:
    asked = Asked("acquisition_rate", Period.MONTH, date(2026, 11, 1))
    stands = Statement(START, "old", asked.data("all", 0.2), None, is_counted=True)
    shown = sheet(stands, asked=asked, unit="ratio")
    texts = {"all": " ", "team_north": "150 %", "rep_ana": "0,25"}
    assert shown.drafts(sent(shown, **texts), FORM, START)[1] == {
        "all": MISSING,
        "team:north": "range",
        "rep:ana": "share",
    }


def test_a_period_that_is_over_keeps_the_target_that_stood_when_it_ended() -> None:
    said = [
        statement(10, END_OF_OCTOBER - timedelta(days=3), starts_on=OCTOBER),
        statement(20, END_OF_OCTOBER, starts_on=OCTOBER),
        statement(30, END_OF_OCTOBER + timedelta(seconds=1), starts_on=OCTOBER),
    ]
    assert [row.previous for row in sheet(*said).rows()] == ["", "", "20"]
    october = NOVEMBER._replace(starts_on=OCTOBER)
    assert [row.text for row in sheet(*said, asked=october).rows()] == ["", "", "20"]
    assert sheet(asked=october).is_over(END_OF_OCTOBER)
    assert not sheet(asked=october).is_over(END_OF_OCTOBER - timedelta(seconds=1))


def test_the_targets_of_the_period_before_are_proposed_where_there_are_none() -> None:
    said = [
        statement(10, START - timedelta(days=60), starts_on=OCTOBER),
        statement(12, START - timedelta(days=60), member="all", starts_on=OCTOBER),
        statement(15, START, member="all"),
    ]
    proposed = sheet(*said, asked=NOVEMBER._replace(is_copied=True))
    assert [(row.text, row.is_proposed) for row in proposed.rows()] == [("15", False), ("", False), ("10", True)]
    (draft,), _ = proposed.drafts(sent(proposed), FORM, START)
    assert (draft[0].data.rep_id, draft[0].data.value, draft[0].data.starts_on) == ("ana", 10, NOVEMBER.starts_on)


def test_money_is_told_in_major_units_and_stated_in_minor_ones() -> None:
    asked = Asked("sales", Period.MONTH, date(2026, 11, 1))
    statements = [{"value": 1234.5, "time": "2026-11-02T09:00:00Z", "event_id": "e"}]
    told = {"subject": asked.subject("all"), "statements": statements}
    (said,) = counted_of(asked, EVERYBODY, [told], "EUR")[asked.subject("all")]
    assert said.data.value == 123_450
    shown = sheet(said, asked=asked, unit="EUR")
    assert shown.rows()[0].text == "1\u202f234,50"
    (draft,), _ = shown.drafts(sent(shown, all="1 234,51"), FORM, START)
    assert draft[0].data.value == 123_451


def test_members_are_those_that_a_kpi_is_told_by() -> None:
    reps: list[dict[str, Any]] = [
        {"rep_id": "r1", "alias": "Zoé", "team": "north"},
        {"rep_id": "r2", "alias": None, "team": None},
    ]
    targets = [{"member": {"rep_id": "gone"}}, {"member": {"team_id": "south"}}, {"member": {}}]
    by_both = members_of({"cuts": [{"by": "rep"}, {"by": "team"}, {"by": "region"}]}, reps, targets)
    assert [member.id for member in by_both] == ["all", "team:north", "team:south", "rep:gone", "rep:r2", "rep:r1"]
    assert [member.id for member in members_of({"cuts": [{"by": "competitor"}]}, reps, targets)] == ["all"]


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ({}, Asked("nps", Period.MONTH, date(2026, 11, 1))),
        ({"measure": "sales", "period": "quarter"}, Asked("sales", Period.QUARTER, date(2026, 10, 1))),
        ({"period": "year", "starts_on": "2025-05-17"}, Asked("nps", Period.YEAR, date(2025, 1, 1))),
        ({"measure": "x", "period": "week", "starts_on": "9999-12-31"}, Asked("nps", Period.MONTH, date(2026, 11, 1))),
        ({"starts_on": "soon", "copy": "yes"}, Asked("nps", Period.MONTH, date(2026, 11, 1), is_copied=True)),
    ],
)
def test_what_is_not_said_is_what_is_usual(query: dict[str, str], asked: Asked) -> None:
    assert asked_of(query, ["nps", "sales"], date(2026, 11, 18)) == asked
