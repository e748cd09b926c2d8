"""Whatever a round is, what is told of it holds enough, and says nothing of the order or the people of its answers."""

from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import Invalid
from services.survey.pulse.clearing import (
    FEWEST,
    INSIDERS,
    QUESTIONS,
    REMEMBERED,
    Cleared,
    ClosedRound,
    Row,
    cleared,
)
from services.survey.pulse.comments import FEWEST_FOR_COMMENTS, comments_to_show
from services.survey.pulse.rows import TOTAL, atoms
from tests.survey.pulse.company import history, publications

answers = st.dictionaries(st.sampled_from(QUESTIONS), st.integers(0, 10))


@st.composite
def rounds(draw: st.DrawFn) -> ClosedRound:
    given_by_team = draw(st.dictionaries(st.sampled_from("abcde"), st.lists(answers, max_size=14)))
    silent = draw(st.integers(0, 3))
    rosters = {
        team: frozenset(f"{team}{who}" for who in range(len(given) + silent)) for team, given in given_by_team.items()
    }
    return ClosedRound(rosters, given_by_team)


def told_of(round_: ClosedRound) -> dict[str, Row]:
    return {row.team_id: row for row in cleared(round_, ()).rows}


def is_enough(parts: list[list[int]]) -> bool:
    held = sum(map(len, parts))
    return held >= FEWEST or not parts


@given(rounds())
def test_whatever_can_be_reckoned_from_numbers_holds_enough_answers(round_: ClosedRound) -> None:
    told = told_of(round_)
    teams = [team for team, people in round_.rosters.items() if people]
    for question in QUESTIONS:
        given = {team: [answer[question] for answer in round_.answers[team] if question in answer] for team in teams}
        named = {name for name, row in told.items() if question in {figure.question for figure in row.figures}}
        shown = [team for team in teams if team in named]

        assert all(is_enough([given[team]]) for team in shown)
        if TOTAL in named:
            for size in range(len(shown) + 1):
                for less in combinations(shown, size):
                    assert is_enough([given[team] for team in teams if team not in less])


@given(rounds())
def test_figures_are_those_of_the_answers_and_no_class_is_nearly_all(round_: ClosedRound) -> None:
    for name, row in told_of(round_).items():
        whose = round_.answers.values() if name == TOTAL else [round_.answers[name]]
        for figure in row.figures:
            scores = [answer[figure.question] for each in whose for answer in each if figure.question in answer]
            assert figure.n == len(scores)
            if figure.mean is None:
                assert (figure.classes, figure.enps, figure.change) == (None, None, None)
            else:
                assert figure.classes
                classes = (figure.classes.promoters, figure.classes.passives, figure.classes.detractors)
                assert sum(classes) == figure.n
                assert figure.n - max(classes) > INSIDERS
                assert abs(figure.mean - sum(scores) / len(scores)) <= 0.25
                assert figure.mean * 2 == int(figure.mean * 2)
                assert figure.enps == round(100 * (classes[0] - classes[2]) / figure.n, 1)


@given(rounds(), st.randoms())
def test_the_order_of_the_answers_tells_nothing(round_: ClosedRound, random: Random) -> None:
    shuffled = {team: random.sample(given, len(given)) for team, given in round_.answers.items()}

    assert cleared(round_._replace(answers=shuffled), ()) == cleared(round_, ())


@given(st.integers())
def test_in_no_stretch_of_rounds_do_people_come_apart_who_were_not_told_of_by_themselves(seed: int) -> None:
    told = [each.groups["overall"] for each in publications(history(Random(seed), 12, 3))]
    for end in range(1, len(told) + 1):
        for begin in range(max(0, end - REMEMBERED - 1), end):
            known = frozenset().union(*told[begin:end])
            assert set(atoms(known)) <= known


def company(*scores: int, leaving: int = 0) -> ClosedRound:
    people = frozenset(f"p{number}" for number in range(leaving, len(scores) + leaving))
    return ClosedRound({"north": people}, {"north": [{"overall": score} for score in scores]})


MIXED = (10, 9, 9, 8, 7, 7, 5, 3)


def mean_and_change(told: Cleared) -> tuple[float | None, float | None]:
    (figure,) = next(row.figures for row in told.rows if row.team_id == "north")
    return figure.mean, figure.change


def test_change_is_that_of_the_means_last_told() -> None:
    first = cleared(company(*MIXED), ())
    hidden = cleared(company(*[9] * 8), [first])
    second = cleared(company(10, 9, 9, 9, 8, 8, 7, 5), [first, hidden])

    assert [mean_and_change(each) for each in (first, hidden, second)] == [(7.0, None), (None, None), (8.0, 1.0)]


def test_figures_pause_when_somebody_leaves_and_then_come_back() -> None:
    memory = [cleared(company(*MIXED), ())]
    for _ in range(REMEMBERED + 2):
        memory.append(cleared(company(*MIXED, leaving=1), memory))

    paused = [mean_and_change(each)[0] is None for each in memory]
    assert paused == [False, *[True] * REMEMBERED, False, False]
    assert all(row.answered == 8 for each in memory for row in each.rows)


def test_a_round_of_nobody_tells_nothing() -> None:
    assert cleared(ClosedRound({"north": frozenset()}, {}), ()).rows == ()


@pytest.mark.parametrize(
    ("round_", "said"),
    [
        (ClosedRound({"all": frozenset("a")}, {}), "no team may be called 'all'"),
        (ClosedRound({"north": frozenset("ab"), "south": frozenset("b")}, {}), "in two teams"),
        (ClosedRound({"north": frozenset("a")}, {"north": [{}, {}]}), "2 answers of 1 people in team north"),
        (ClosedRound({"north": frozenset("a")}, {"north": [{"overall": 11}]}), "11 to 'overall'"),
        (ClosedRound({"north": frozenset("a")}, {"north": [{"pay": 1}]}), "1 to 'pay'"),  # type: ignore[dict-item]
    ],
)
def test_a_round_that_contradicts_itself_is_refused(round_: ClosedRound, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        cleared(round_, ())


def test_comments_are_shown_shuffled_and_only_where_many_answered() -> None:
    comments = [f"comment {number}" for number in range(9)]

    assert comments_to_show(comments, FEWEST_FOR_COMMENTS - 1, Random(1)) == []
    shown = comments_to_show(comments, FEWEST_FOR_COMMENTS, Random(1))
    assert shown != comments
    assert sorted(shown) == comments
