"""The rules of clearing, each taken out."""

import pytest

from services.survey.pulse import clearing, rows
from services.survey.pulse.clearing import INSIDERS, REMEMBERED
from services.survey.pulse.rows import TOTAL, Part, united


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


def without_all_but_the_fewest(patch: pytest.MonkeyPatch) -> None:
    """Numbers under 5 no event takes, whatever clearing lets through."""
    for rule in (without_the_insiders, without_the_rest, without_the_memory):
        rule(patch)


def without_any(patch: pytest.MonkeyPatch) -> None:
    without_all_but_the_fewest(patch)
    patch.setattr(clearing, "FEWEST", 1)
