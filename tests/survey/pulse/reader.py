"""A reader who puts everything together, to find what somebody answered.

They know every row that was told, who was in which team in each round, what they and their friends answered, and that
people do not change their minds from round to round. They hold all worlds in which that is so. Whoever answers with the
same class in all of them is found; so is who answers in none.

They look at one question, as questions are cleared apart from each other, and at classes: a score can be found only of
somebody whose class is, and wherever a mean is told its classes are told exactly.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from random import Random

import z3

from services.survey.pulse.clearing import INSIDERS, Cleared
from services.survey.pulse.rows import TOTAL
from tests.survey.pulse.company import CLASSES, Round

Path = tuple[str | None, ...]
"""The team that somebody was in, round by round. Who share it are the same to the reader."""


def class_of(score: int) -> str:
    return next(name for name, (low, high) in CLASSES.items() if low <= score <= high)


def coalitions(random: Random, rounds: Sequence[Round]) -> list[list[str]]:
    """Nobody, anybody, and those whose answers differ from what most of their team, or of all, say: who know most."""
    latest = random.choice(rounds)
    known = [[], random.sample(sorted(latest.team_of), min(INSIDERS, len(latest.team_of)))]
    for team in {TOTAL, *latest.team_of.values()}:
        given = {who: class_of(score) for who, score in latest.score_of.items() if team in (TOTAL, latest.team_of[who])}
        said = list(given.values())
        most = max(said, key=said.count, default="")
        known.append([who for who, name in given.items() if name != most][:INSIDERS])
    return known


def found(rounds: Sequence[Round], told: Sequence[Cleared], friends: Collection[str]) -> list[str]:
    """The people found by friends who put together what they know."""
    strangers: defaultdict[Path, set[str]] = defaultdict(set)
    for who in {who for each in rounds for who in each.team_of} - set(friends):
        strangers[tuple(each.team_of.get(who) for each in rounds)].add(who)
    worlds = Worlds(rounds, told, friends, {path: len(people) for path, people in strangers.items()})
    caught: list[str] = []
    for path, people in strangers.items():
        given = {class_of(each.score_of[who]) for each in rounds for who in people & each.score_of.keys()}
        # Two of the same path could change places: if they said different things, neither is found.
        if len(given) < 2 and not worlds.possible(path, CLASSES.keys() - given):
            caught += people
    return sorted(caught)


class Worlds:
    """All worlds that agree with what is known: how many of each path think what, and how many of them answer."""

    def __init__(
        self, rounds: Sequence[Round], told: Sequence[Cleared], friends: Collection[str], strangers: dict[Path, int]
    ) -> None:
        self._solver = z3.SolverFor("QF_LIA")
        self._rounds = range(len(rounds))
        self._answering = {
            (path, name, number): z3.Int(f"{path}/{name}/{number}")
            for path in strangers
            for name in CLASSES
            for number in self._rounds
            if path[number] is not None
        }
        self._opinions(strangers)
        for number, (each, publication) in enumerate(zip(rounds, told, strict=True)):
            for team, names, count in _statements(publication):
                known = sum(
                    class_of(score) in names and team in (TOTAL, each.team_of[who])
                    for who, score in each.score_of.items()
                    if who in friends
                )
                self._solver.add(z3.Sum(self._in(number, team, names)) == count - known)

    def possible(self, path: Path, names: Collection[str]) -> bool:
        """Whether one of this path may have answered with one of these classes."""
        any_of = [
            self._answering[path, name, number] >= 1
            for name in names
            for number in self._rounds
            if path[number] is not None
        ]
        return self._solver.check(z3.Or(any_of)) == z3.sat

    def _opinions(self, strangers: dict[Path, int]) -> None:
        for path, size in strangers.items():
            thinking = {name: z3.Int(f"{path}/{name}") for name in CLASSES}
            self._solver.add(z3.Sum(list(thinking.values())) == size)
            for name, number in ((name, number) for name in CLASSES for number in self._rounds if path[number]):
                answering = self._answering[path, name, number]
                self._solver.add(answering >= 0, answering <= thinking[name])

    def _in(self, number: int, team: str, names: Collection[str]) -> list[z3.ArithRef]:
        return [
            answering
            for (path, name, when), answering in self._answering.items()
            if when == number and name in names and team in (TOTAL, path[number])
        ]


def _statements(publication: Cleared) -> Iterator[tuple[str, Collection[str], int]]:
    """Every count that was told: of which row, of which classes together, how many."""
    for row in publication.rows:
        if row.answered is not None:
            yield row.team_id, list(CLASSES), row.answered
        for figure in row.figures:
            if figure.n is not None:
                yield row.team_id, list(CLASSES), figure.n
            if figure.classes:
                yield row.team_id, ["promoter"], figure.classes.promoters
                yield row.team_id, ["passive"], figure.classes.passives
                yield row.team_id, ["detractor"], figure.classes.detractors
