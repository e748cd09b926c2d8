"""What a closed round of the pulse may tell: suppression comes before anything leaves the survey's store.

The rules, and the reader that they stand up to, are in docs/decisions/0006-clearing-the-pulse.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, get_args

from services.common.errors import Invalid
from services.common.events.answers import LEAST_ANSWERS, PulseClasses, PulseFigure, Question, count_classes
from services.survey.pulse.rows import TOTAL, Groups, Part, People, groups_told, rows_to_tell, united

FEWEST = LEAST_ANSWERS
"""Answers that a group must hold before its number is told."""

INSIDERS = 3
"""People who may put their own answers together and still find nobody else's."""

REMEMBERED = 5
"""Rounds for which an opinion is taken to last. What was told before is not compared."""

QUESTIONS: tuple[Question, ...] = get_args(Question)

Answer = Mapping[Question, int]
"""One person's scores, 0 to 10, for the questions that they answered."""


class ClosedRound(NamedTuple):
    """A closed round, by team: who was invited, and what was answered, which says nothing of who answered."""

    rosters: Mapping[str, People]
    answers: Mapping[str, Sequence[Answer]]


class Row(NamedTuple):
    """What may be told of a team, or of the total: what `PulsePublished` holds beside the round's own fields."""

    team_id: str
    invited: int
    answered: int | None
    figures: tuple[PulseFigure, ...]


class Cleared(NamedTuple):
    """What a round may tell, and the groups of people that its figures tell apart: the memory for rounds to come."""

    rows: tuple[Row, ...]
    groups: Mapping[Question, Groups]


class _Told(NamedTuple):
    """Of one question: what was answered, and the rows whose number and whose figures may be told."""

    teams: Mapping[str, Part]
    counted: frozenset[str]
    figured: frozenset[str]


def cleared(closed: ClosedRound, memory: Sequence[Cleared]) -> Cleared:
    """What the round may tell beside the rounds told before, the latest last.

    :raises Invalid: where the round contradicts itself.
    """
    _check(closed)
    teams = sorted(team for team, people in closed.rosters.items() if people)
    names = (TOTAL, *teams) if teams else ()
    told = {question: _told(question, _answers_to(question, closed, teams), names, memory) for question in QUESTIONS}
    taking_part = {team: Part(closed.rosters[team], (0,) * len(closed.answers.get(team, ()))) for team in teams}
    answering = rows_to_tell(names, taking_part, has_enough)
    rows = []
    for team in names:
        people, answers = _row(team, taking_part)
        answered = len(answers) if team in answering else None
        rows.append(Row(team, len(people), answered, tuple(_figures(team, told, memory))))
    return Cleared(tuple(rows), {question: groups_told(each.figured, each.teams) for question, each in told.items()})


def has_enough(part: Part) -> bool:
    """Whether its number may be told."""
    return len(part.scores) >= FEWEST


def is_mixed(part: Part) -> bool:
    """Whether its figures may be told: whichever class is looked at, more answers lie outside it than insiders know."""
    return has_enough(part) and len(part.scores) - max(count_classes(part.scores)) > INSIDERS


def _told(question: Question, teams: Mapping[str, Part], names: Sequence[str], memory: Sequence[Cleared]) -> _Told:
    counted = rows_to_tell(names, teams, has_enough)
    remembered = [each.groups[question] for each in memory[max(0, len(memory) - REMEMBERED) :]]
    return _Told(teams, counted, rows_to_tell(counted, teams, is_mixed, remembered))


def _figures(team: str, told: Mapping[Question, _Told], memory: Sequence[Cleared]) -> Iterator[PulseFigure]:
    for question, (teams, counted, figured) in told.items():
        scores = _row(team, teams).scores
        if team in figured:
            yield _figure(question, scores, _last_mean(team, question, memory))
        elif team in counted:
            yield PulseFigure(question=question, n=len(scores))


def _figure(question: Question, scores: Sequence[int], last_mean: float | None) -> PulseFigure:
    promoters, passives, detractors = count_classes(scores)
    mean = round(2 * sum(scores) / len(scores)) / 2
    return PulseFigure(
        question=question,
        n=len(scores),
        mean=mean,
        classes=PulseClasses(promoters=promoters, passives=passives, detractors=detractors),
        enps=round(100 * (promoters - detractors) / len(scores), 1),
        change=None if last_mean is None else mean - last_mean,
    )


def _last_mean(team: str, question: Question, memory: Sequence[Cleared]) -> float | None:
    """As it was told: the change between two told means tells nothing more than they do."""
    for past in reversed(memory):
        for row in past.rows:
            for figure in row.figures:
                if row.team_id == team and figure.question == question and figure.mean is not None:
                    return figure.mean
    return None


def _answers_to(question: Question, closed: ClosedRound, teams: Sequence[str]) -> dict[str, Part]:
    return {
        team: Part(
            closed.rosters[team],
            tuple(answer[question] for answer in closed.answers.get(team, ()) if question in answer),
        )
        for team in teams
    }


def _row(name: str, teams: Mapping[str, Part]) -> Part:
    return united(teams.values()) if name == TOTAL else teams[name]


def _check(closed: ClosedRound) -> None:
    if TOTAL in closed.rosters:
        raise Invalid(f"no team may be called {TOTAL!r}", field="rosters", mend="give the team another name")
    if sum(map(len, closed.rosters.values())) > len(frozenset().union(*closed.rosters.values())):
        raise Invalid("somebody is in two teams", field="rosters", mend="invite each person in one team")
    for team, answers in closed.answers.items():
        invited = len(closed.rosters.get(team, ()))
        if len(answers) > invited:
            raise Invalid(
                f"{len(answers)} answers of {invited} people in team {team}",
                field="answers",
                mend="keep one answer for each person who was invited",
            )
        for answer in answers:
            for question, score in answer.items():
                if question not in QUESTIONS or not 0 <= score <= 10:
                    raise Invalid(
                        f"{score} to {question!r}", field="answers", mend=f"give 0 to 10 to {', '.join(QUESTIONS)}"
                    )
