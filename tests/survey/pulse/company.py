"""Companies whose people join, leave, move between teams, answer or do not, and are of one mind for a while."""

from random import Random
from typing import NamedTuple

from services.survey.pulse.clearing import Cleared, ClosedRound, cleared

CLASSES = {"promoter": (9, 10), "passive": (7, 8), "detractor": (0, 6)}


class Round(NamedTuple):
    """A round as nobody sees it: who is in which team, and who of them answered what."""

    team_of: dict[str, str]
    score_of: dict[str, int]

    def closed(self) -> ClosedRound:
        teams = sorted(set(self.team_of.values()))
        members = {team: frozenset(who for who in self.team_of if self.team_of[who] == team) for team in teams}
        return ClosedRound(
            members,
            {
                team: [{"overall": self.score_of[who]} for who in sorted(members[team] & self.score_of.keys())]
                for team in teams
            },
        )


def history(random: Random, rounds: int, lasting: int) -> list[Round]:
    """Rounds of one company. In the last `lasting` of them everybody who answers says what they said before."""
    teams = [f"team-{number}" for number in range(random.randint(1, 3))]
    sizes = [random.choice((3, 3, 6, 8, 9, 12, 15)) for _ in teams]
    team_of = {f"{team}/{number}": team for team, size in zip(teams, sizes, strict=True) for number in range(size)}
    weights = random.choice(((5, 3, 3), (8, 1, 1), (1, 1, 8), (3, 3, 3), (1, 8, 1)))
    answering = random.choice((0.6, 0.9, 1.0, 1.0))
    unrest = random.choice((0.0, 0.3, 0.6))
    opinions: dict[str, int] = {}
    told = []
    for number in range(rounds):
        if number <= rounds - lasting:
            opinions = {}
        if number:
            team_of = _changed(team_of, teams, unrest, random, number)
        for who in team_of:
            opinions.setdefault(who, _opinion(random, weights))
        answers = {who: opinions[who] for who in team_of if random.random() < answering}
        told.append(Round(team_of, answers))
    return told


def publications(rounds: list[Round]) -> list[Cleared]:
    """What is told, round by round."""
    memory: list[Cleared] = []
    for each in rounds:
        memory.append(cleared(each.closed(), memory))
    return memory


def _opinion(random: Random, weights: tuple[int, ...]) -> int:
    (bounds,) = random.choices(list(CLASSES.values()), weights)
    return random.randint(*bounds)


def _changed(team_of: dict[str, str], teams: list[str], unrest: float, random: Random, number: int) -> dict[str, str]:
    changed = dict(team_of)
    if random.random() < unrest:
        for who in random.sample(sorted(changed), min(len(changed), random.choice((0, 1, 1, 2, 5)))):
            del changed[who]
    if random.random() < unrest and changed:
        for who in random.sample(sorted(changed), min(len(changed), random.choice((0, 1, 1, 3)))):
            changed[who] = random.choice(teams)
    if random.random() < unrest:
        changed |= {f"new-{number}/{each}": random.choice(teams) for each in range(random.choice((1, 1, 2, 5)))}
    return changed
