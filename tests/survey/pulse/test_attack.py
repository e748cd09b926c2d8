"""A reader who knows everything that was told, and more, finds nobody; without any one of the rules they do."""

from collections.abc import Iterator
from random import Random

import pytest

from services.survey.pulse.clearing import REMEMBERED
from tests.survey.pulse.company import history, publications
from tests.survey.pulse.reader import coalitions, found
from tests.survey.pulse.weakened import (
    with_a_shorter_memory,
    with_one_insider_fewer,
    without_any,
    without_the_fewest,
    without_the_insiders,
    without_the_memory,
    without_the_rest,
)

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


def test_a_reader_of_every_round_finds_nobody() -> None:
    caught = {seed: people for seed, people in attacks(COMPANIES) if people}

    assert caught == {}


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
