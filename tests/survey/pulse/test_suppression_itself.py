"""What is hidden tells too: a reader who knows the rules asks in which rounds exactly this would have been told.

Every round of a small company is cleared. Rounds that are told alike are one to the reader; friends then leave out
those in which they would have answered otherwise. Who has answered the same in all that are left is found. So is who
has not answered in any: that somebody *has* may be told, where everybody has.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import combinations_with_replacement, product

import pytest

from services.survey.pulse import clearing
from services.survey.pulse.clearing import INSIDERS, ClosedRound, Row, cleared

SCORES: dict[str, int | None] = {"promoter": 9, "passive": 7, "detractor": 3, "silent": None}

Team = tuple[str, ...]
"""What the people of a team did, in the order of `SCORES`: who did which is not known anyway."""

World = tuple[Team, ...]

COMPANIES = [(5,), (7,), (9,), (3, 8), (5, 6)]


def worlds(sizes: tuple[int, ...]) -> Iterator[World]:
    return product(*(combinations_with_replacement(SCORES, size) for size in sizes))


def told(world: World) -> tuple[Row, ...]:
    rosters = {
        f"team-{number}": frozenset(f"{number}/{who}" for who in range(len(team))) for number, team in enumerate(world)
    }
    answers = {
        f"team-{number}": [{"overall": score} for did in team if (score := SCORES[did]) is not None]
        for number, team in enumerate(world)
    }
    return cleared(ClosedRound(rosters, answers), ()).rows


@cache
def left(team: Team, friends: Team) -> frozenset[str] | None:
    """What the others of the team did; none where the friends cannot have done what they did."""
    others = Counter(team)
    others.subtract(friends)
    return None if min(others.values()) < 0 else frozenset(+others)


def finds(told_alike: list[World], friends: World) -> bool:
    """Whether somebody did one and the same in all the worlds that are left to these friends."""
    done: list[set[str]] = [set() for _ in friends]
    for world in told_alike:
        others = [left(team, known) for team, known in zip(world, friends, strict=True)]
        if None not in others:
            done = [did | theirs for did, theirs in zip(done, others, strict=True)]
            if not any(is_found(did) for did in done):
                return False
    return any(is_found(did) for did in done)


def is_found(did: set[str]) -> bool:
    """Whether all that the others of a team can have done is one answer, or none. Where all are friends no other is."""
    return bool(did) and len(did - {"silent"}) < 2


def coalitions(teams: int) -> Iterator[World]:
    everyone = list(product(range(teams), SCORES))
    for size in range(INSIDERS + 1):
        for friends in combinations_with_replacement(everyone, size):
            yield tuple(tuple(did for team, did in friends if team == number) for number in range(teams))


def found(sizes: tuple[int, ...]) -> Iterator[tuple[World, World]]:
    """Rounds in which friends find somebody: one that is told so, and the friends."""
    by_told: defaultdict[tuple[Row, ...], list[World]] = defaultdict(list)
    for world in worlds(sizes):
        by_told[told(world)].append(world)
    for told_alike in by_told.values():
        for friends in coalitions(len(sizes)):
            if finds(told_alike, friends):
                yield told_alike[0], friends


@pytest.mark.parametrize("sizes", COMPANIES)
def test_no_friends_find_anybody_by_what_is_hidden(sizes: tuple[int, ...]) -> None:
    assert list(found(sizes)) == []


def test_they_would_by_what_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clearing, "INSIDERS", -1)

    assert any(found((5,)))
