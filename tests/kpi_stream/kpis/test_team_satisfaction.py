from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import Invalid
from services.common.events import Event
from services.kpi_stream.kpis.kpi import Flag
from tests.support.events import at, event
from tests.support.world import engine_of, rows, total_row, world

NOW = "2026-11-23 10:37"
HERE = world(NOW)


def figure(question: str = "overall", n: int | None = 12, mean: float | None = 7.5, **more: Any) -> dict[str, Any]:
    given = {"question": question, "n": n, "mean": mean, **more}
    return {name: value for name, value in given.items() if value is not None}


def published(closed_on: str, *figures: dict[str, Any], team: str = "all", **more: Any) -> Event:
    data = {"round_id": closed_on[:7], "team_id": team, "opened_on": f"{closed_on[:8]}01", "closed_on": closed_on}
    usual = {"invited": 20, "answered": 14, "figures": figures or (figure(),)}
    return event("pulse.published", None, at(f"{closed_on} 18:00"), **{**data, **usual, **more})


def test_a_window_shows_the_round_that_had_closed_last_by_its_end() -> None:
    events = [published("2026-09-30", figure(mean=6.0)), published("2026-10-31", figure(mean=7.5, change=1.5))]
    engine = engine_of(events, HERE.now)
    row = total_row("team_satisfaction", engine, HERE)
    assert (row.value, row.n) == (7.5, 12)
    assert row.compared is not None
    assert (row.compared.value, row.compared.previous) == (7.5, 6.0)
    assert row.related["change"].value == 1.5
    rate = row.related["response_rate"]
    assert (rate.value, rate.details["round_id"]) == (0.7, "2026-10")
    assert total_row("team_satisfaction", engine, HERE, window="2026-10-01/2026-10-30").value == 6.0
    assert total_row("team_satisfaction", engine, HERE, window="today").value == 7.5


def test_the_other_questions_stand_beside_it() -> None:
    classes = {"promoters": 6, "passives": 4, "detractors": 2}
    figures = [figure(enps=33.3, classes=classes), figure("methods", mean=6.5), figure("manager", mean=8.0)]
    row = total_row("team_satisfaction", engine_of([published("2026-10-31", *figures)], HERE.now), HERE)
    assert row.related["enps"].value == 33.3
    assert (row.related["methods"].value, row.related["manager"].value) == (6.5, 8.0)
    assert row.related["workload"].value is None
    assert row.related["workload"].flags == (Flag.SUPPRESSED,)
    assert row.measures == {"invited": 20, "answered": 14, **classes}


def test_a_round_that_is_told_of_teams_alone_is_none_of_the_company() -> None:
    teams = [published("2026-10-31", figure(mean=5.0), team=team) for team in ("north", "south")]
    engine = engine_of(teams, HERE.now)
    assert total_row("team_satisfaction", engine, HERE).value is None
    by_team = rows("team_satisfaction", engine, HERE, by="team")
    assert {team: row.value for team, row in by_team.items()} == {"north": 5.0, "south": 5.0}
    assert rows("team_satisfaction", engine_of([published("2026-10-31")], HERE.now), HERE, by="team") == {}


def classes(promoters: int, passives: int, detractors: int) -> dict[str, int]:
    return {"promoters": promoters, "passives": passives, "detractors": detractors}


def test_the_teams_that_are_told_stand_for_the_company_where_its_figures_are_not() -> None:
    events = [
        published("2026-10-31", figure(n=29, mean=None), figure("methods", n=29, mean=7.0), invited=40, answered=30),
        published("2026-10-31", figure(n=12, mean=8.0, classes=classes(6, 4, 2), enps=33.3, change=1.0), team="north"),
        published("2026-10-31", figure(n=8, mean=6.5, classes=classes(1, 4, 3)), figure("methods", n=8), team="south"),
        published("2026-10-31", figure(n=9, mean=None), team="west"),
        published("2026-10-31", figure(n=9, mean=1.0), team="another", round_id="another round of that day"),
    ]
    row = total_row("team_satisfaction", engine_of(events, HERE.now), HERE)
    assert (row.value, row.n) == (7.4, 20)
    assert row.measures == {"invited": 40, "answered": 30, **classes(7, 8, 5)}
    assert row.related["enps"].value == 10.0
    assert row.related["change"].value is None
    covered = row.related["covered"]
    assert (covered.numerator, covered.denominator, covered.value) == (20, 40, 0.5)
    assert (row.related["methods"].value, row.related["methods"].n) == (7.0, 29)
    assert Flag.SUPPRESSED not in row.flags


def test_classes_are_put_together_only_where_every_team_tells_them() -> None:
    events = [
        published("2026-10-31", figure(n=29, mean=None)),
        published("2026-10-31", figure(mean=8.0, classes=classes(6, 4, 2)), team="north"),
        published("2026-10-31", figure(mean=6.0), team="south"),
    ]
    row = total_row("team_satisfaction", engine_of(events, HERE.now), HERE)
    assert (row.value, row.measures["promoters"], row.related["enps"].value) == (7.0, None, None)


halves = st.integers(0, 20).map(lambda twice: twice / 2)
figures = st.one_of(
    st.none(),
    st.builds(figure, n=st.integers(5, 40), mean=st.none()),
    st.builds(figure, n=st.one_of(st.none(), st.integers(5, 40)), mean=halves),
)


@given(figures, st.dictionaries(st.sampled_from(["north", "south", "west"]), figures))
def test_the_headline_is_made_of_what_is_told_anyway(
    company: dict[str, Any] | None, teams: Mapping[str, dict[str, Any] | None]
) -> None:
    """Of the company's row where it tells a mean, else of the rows by team: whoever reads those can reckon it."""
    events = [published("2026-10-31", team=team, figures=[told] if told else []) for team, told in teams.items()]
    events.append(published("2026-10-31", figures=[company] if company else []))
    engine = engine_of(events, HERE.now)
    row = total_row("team_satisfaction", engine, HERE)
    by_team = rows("team_satisfaction", engine, HERE, by="team").values()
    told = [each for each in by_team if each.value is not None and each.n]
    if company and "mean" in company:
        assert (row.value, row.n) == (company["mean"], company.get("n"))
    elif told:
        n = sum(int(each.n or 0) for each in told)
        mean = sum(Fraction(each.value or 0) * int(each.n or 0) for each in told) / n
        assert (row.value, row.n) == (float(round(mean, 1)), n)
    else:
        assert (row.value, row.n) == (None, company.get("n") if company else None)
        assert Flag.SUPPRESSED in row.flags


def test_what_was_not_published_is_suppressed() -> None:
    row = total_row("team_satisfaction", engine_of([published("2026-10-31", figure(n=7, mean=None))], HERE.now), HERE)
    assert (row.value, row.n) == (None, 7)
    assert Flag.SUPPRESSED in row.flags
    assert row.measures["promoters"] is None


def test_a_corrected_round_takes_the_place_of_the_first() -> None:
    events = [published("2026-10-31", figure(mean=8.0), revision=1), published("2026-10-31", figure(mean=3.0))]
    assert total_row("team_satisfaction", engine_of(events, HERE.now), HERE).value == 8.0


def test_a_round_of_long_ago_says_nothing_of_now() -> None:
    engine = engine_of([published("2025-03-31")], HERE.now)
    assert total_row("team_satisfaction", engine, HERE).value is None
    assert total_row("team_satisfaction", engine, HERE, window="2025-04-01/2025-04-30").value == 7.5


def test_targets_are_met_by_points_also_by_team() -> None:
    goal = {"measure": "team_satisfaction", "period": "month", "starts_on": "2026-11-01", "value": 8}
    stated = [
        event("target.set", None, at("2026-10-25 10:00"), **goal),
        event("target.set", None, at("2026-10-25 10:00"), **goal, team_id="north"),
    ]
    here = world(NOW, stated)
    engine = engine_of([published("2026-10-31"), published("2026-10-31", team="north")], here.now)
    assert total_row("team_satisfaction", engine, here).gap == -0.5
    row = rows("team_satisfaction", engine, here, by="team")["north"]
    assert (row.target, row.gap, row.pace) == (8, -0.5, None)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"figures": [figure(n=4)]}, "data.figures[0].n"),
        ({"figures": [figure(), figure()]}, "data.figures"),
        ({"answered": 21}, "data.answered"),
        ({"opened_on": "2026-11-01"}, "data.closed_on"),
    ],
)
def test_what_was_not_cleared_is_refused(more: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        published("2026-10-31", **more)
    assert refused.value.field == field
    assert refused.value.mend
