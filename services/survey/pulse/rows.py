"""Which rows of a round may be told: teams, and the total beside them.

A total tells more than itself: less the teams that are told, it tells of the people who are left, the *rest*. And what
is told in one round is told beside that of the rounds before: where one person has joined or left, the difference is
theirs. So what counts is not the rows but the *groups* of people that readers can tell apart.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from services.common.events.answers import WHOLE_COMPANY

TOTAL = WHOLE_COMPANY
"""The row of everybody."""

People = frozenset[str]
"""Opaque ids of the people who were invited."""

Groups = frozenset[People]
"""Groups of people that readers can tell apart in one round. They do not overlap."""


class Part(NamedTuple):
    """People who were invited, and what some of them answered to one question; nobody knows which of them."""

    people: People
    scores: tuple[int, ...]


def united(parts: Iterable[Part]) -> Part:
    """Several parts as one. They share nobody."""
    parts = list(parts)
    return Part(
        frozenset().union(*(part.people for part in parts)), tuple(score for part in parts for score in part.scores)
    )


def rows_to_tell(
    among: Collection[str], teams: Mapping[str, Part], fit: Callable[[Part], bool], told: Sequence[Groups] = ()
) -> frozenset[str]:
    """The rows `among` those named that may be told.

    Every group that they tell apart is `fit`, and beside the groups `told` in earlier rounds (the latest last) no
    others come apart. Until that is so the next smallest team is hidden. Where that does not help the total, it is.
    """
    fitting = {name for name, part in teams.items() if name in among and fit(part)}
    total = {TOTAL} & set(among)
    return _settled(fitting | total, teams, fit, told) or _settled(fitting, teams, fit, told)


def groups_told(shown: Collection[str], teams: Mapping[str, Part]) -> Groups:
    """The groups of people that these rows tell apart."""
    return frozenset(part.people for part in pieces(shown, teams).values())


def _settled(
    shown: set[str], teams: Mapping[str, Part], fit: Callable[[Part], bool], told: Sequence[Groups]
) -> frozenset[str]:
    """The rows left when no group fails; none, where the last team is hidden and the total still does."""
    shown = set(shown)
    while shown:
        told_apart = pieces(shown, teams)
        groups = {name: part.people for name, part in told_apart.items()}
        failing = {name for name, part in told_apart.items() if not fit(part)} | told_on(groups, told)
        if not failing:
            break
        hideable = (failing & shown) - {TOTAL} or shown - {TOTAL}
        if not hideable:
            return frozenset()
        shown.remove(min(hideable, key=lambda team: (len(teams[team].scores), team)))
    return frozenset(shown)


def pieces(shown: Collection[str], teams: Mapping[str, Part]) -> dict[str, Part]:
    """What the rows shown tell apart, by row: the teams, and for the total the rest."""
    told_apart = {name: teams[name] for name in shown if name != TOTAL}
    rest = united(part for name, part in teams.items() if name not in shown)
    return told_apart | {TOTAL: rest} if TOTAL in shown and rest.people else told_apart


def told_on(groups: Mapping[str, People], told: Sequence[Groups]) -> set[str]:
    """The rows through which people would be told apart who are not a group of their own.

    Opinions last: who says the same in two rounds is found by their difference. They may have begun to in any round, so
    each stretch of rounds up to now is looked at by itself: what was told before it explains nothing within it.
    """
    found: set[str] = set()
    for first in range(len(told)):
        known = frozenset(groups.values()).union(*told[first:])
        for atom in atoms(known):
            if atom not in known:
                through = frozenset().union(*(group for group in known if atom <= group))
                found |= {name for name, people in groups.items() if people & through}
    return found


def atoms(groups: Collection[People]) -> Iterator[People]:
    """The smallest groups that can be made of others by adding and taking away: people who are in the same ones."""
    of: defaultdict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        for person in group:
            of[person].append(number)
    alike: defaultdict[tuple[int, ...], set[str]] = defaultdict(set)
    for person, numbers in of.items():
        alike[tuple(numbers)].add(person)
    return (frozenset(people) for people in alike.values())
