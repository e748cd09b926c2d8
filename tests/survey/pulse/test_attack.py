"""A reader who knows everything that was told, and more, finds nobody; without any one of the rules they do."""

from collections.abc import Iterator
from random import Random

import pytest

from services.survey.pulse import clearing, rows
from services.survey.pulse.clearing import INSIDERS, REMEMBERED
from services.survey.pulse.rows import TOTAL, Part, united
from tests.survey.pulse.company import Round, history, publications
from tests.survey.pulse.reader import class_of, found

COMPANIES = 60
LASTING = REMEMBERED + 1


def attacks(companies: int) -> Iterator[tuple[int, list[str]]]:
    """Of each company, by seed: whom the reader found, alone or with friends."""
    for seed in range(companies):
        random = Random(seed)
        rounds = history(random, LASTING + random.choice((0, 0, 3)), LASTING)
        told = publications(rounds)[-LASTING:]
        for friends in coalitions(random, rounds[-LASTING:]):
            yield seed, found(rounds[-LASTING:], told, friends)


def coalitions(random: Random, rounds: list[Round]) -> list[list[str]]:
    """Nobody, anybody, and those whose answers differ from what most of their team, or of all, say: who know most."""
    latest = random.choice(rounds)
    known = [[], random.sample(sorted(latest.team_of), min(INSIDERS, len(latest.team_of)))]
    for team in {TOTAL, *latest.team_of.values()}:
        given = {who: class_of(score) for who, score in latest.score_of.items() if team in (TOTAL, latest.team_of[who])}
        said = list(given.values())
        most = max(said, key=said.count, default="")
        known.append([who for who, name in given.items() if name != most][:INSIDERS])
    return known


def test_a_reader_of_every_round_finds_nobody() -> None:
    caught = {seed: people for seed, people in attacks(COMPANIES) if people}

    assert caught == {}


def without_the_fewest(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(clearing, "FEWEST", 0)


def without_the_insiders(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(clearing, "INSIDERS", -1)


def with_one_insider_fewer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(clearing, "INSIDERS", INSIDERS - 1)


def without_the_rest(patch: pytest.MonkeyPatch) -> None:
    def rows_alone(shown: set[str], teams: dict[str, Part]) -> dict[str, Part]:
        return {name: united(teams.values()) if name == TOTAL else teams[name] for name in shown}

    patch.setattr(rows, "pieces", rows_alone)


def without_the_memory(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(clearing, "REMEMBERED", 0)


def with_a_shorter_memory(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(clearing, "REMEMBERED", REMEMBERED - 1)


def without_any(patch: pytest.MonkeyPatch) -> None:
    for rule in (without_the_insiders, without_the_rest, without_the_memory):
        rule(patch)
    patch.setattr(clearing, "FEWEST", 1)


@pytest.mark.parametrize(
    "weakened",
    [
        without_the_fewest,
        without_the_insiders,
        with_one_insider_fewer,
        without_the_rest,
        without_the_memory,
        with_a_shorter_memory,
        without_any,
    ],
)
def test_without_any_one_rule_the_same_reader_finds_somebody(weakened, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    weakened(monkeypatch)

    assert any(people for _, people in attacks(COMPANIES))
