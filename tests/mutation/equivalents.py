"""Changes that no test can tell from the original, by name, each with the reason. They do not count."""

from pathlib import Path
from typing import NamedTuple

from tests.mutation.mutants import Mutant


class Equivalent(NamedTuple):
    """Changes of one kind to lines that hold a text."""

    path: str
    """A module, or a folder."""
    text: str
    operator: str
    """How the operator's name begins."""
    why: str

    def matches(self, mutant: Mutant, line: str) -> bool:
        return mutant.path.startswith(self.path) and self.text in line and mutant.operator.startswith(self.operator)


EQUIVALENTS: tuple[Equivalent, ...] = (
    Equivalent(
        "services/",
        "strict=True",
        "ReplaceTrueWithFalse",
        "it asserts that two lists made of one another are as long",
    ),
    Equivalent(
        "services/common/calendar.py",
        "if wanted <= gone:",
        "ReplaceComparisonOperator_LtE_Eq",
        "no opening time is negative",
    ),
    Equivalent(
        "services/common/calendar.py",
        "opens = closes = 0",
        "NumberReplacer",
        "what opens when it closes is refused, whenever that is",
    ),
    Equivalent(
        "services/common/windows.py",
        "if name == WindowName.HOUR:",
        "ReplaceComparisonOperator_Eq_LtE",
        "no window's name sorts before `1h`",
    ),
    Equivalent(
        "services/common/windows.py",
        "if until <= window.span.start:",
        "ReplaceComparisonOperator_LtE_Lt",
        "an empty period has an empty one before it, which is refused three lines below",
    ),
)


def equivalence(mutant: Mutant, root: Path) -> Equivalent | None:
    line = (root / mutant.path).read_text().splitlines()[mutant.line - 1]
    return next((each for each in EQUIVALENTS if each.matches(mutant, line)), None)
