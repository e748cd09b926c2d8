"""The table of a run."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from statsmodels.stats.proportion import proportion_confint

from tests.mutation.equivalents import EQUIVALENTS, equivalence
from tests.mutation.mutants import Mutant
from tests.mutation.outcome import Outcome
from tests.mutation.record import Record

DEAD = (Outcome.KILLED, Outcome.TIMED_OUT)
ALIVE = (Outcome.SURVIVED, Outcome.UNREACHED)
HEADINGS = ("package", "places", *DEAD, *ALIVE, Outcome.UNFIT, "equivalent", "score", "95 % interval")


class Tried:
    """What was drawn of one package, and what became of it."""

    def __init__(self, places: int, drawn: Sequence[Mutant], record: Record, root: Path) -> None:
        self.places = places
        counted = [mutant for mutant in drawn if equivalence(mutant, root) is None]
        self.equivalent = len(drawn) - len(counted)
        outcomes = [record.outcome(mutant) for mutant in counted]
        self.counts = Counter(outcome for outcome in outcomes if outcome is not None)

    def _sum(self, outcomes: Iterable[Outcome]) -> int:
        return sum(self.counts[outcome] for outcome in outcomes)

    @property
    def score(self) -> float:
        """Noticed / (noticed + not noticed)."""
        return self._sum(DEAD) / (self._sum(DEAD) + self._sum(ALIVE))

    @property
    def interval(self) -> tuple[float, float]:
        """What the score of all places may be, by Wilson's interval: as if there were many more places than drawn."""
        low, high = proportion_confint(self._sum(DEAD), self._sum(DEAD) + self._sum(ALIVE), method="wilson")
        return float(low), float(high)

    def row(self, name: str) -> list[str]:
        counts = [self.counts[outcome] for outcome in (*DEAD, *ALIVE, Outcome.UNFIT)]
        low, high = self.interval
        numbers = map(str, (self.places, *counts, self.equivalent))
        return [f"`{name}`", *numbers, f"**{self.score:.0%}**", f"{low:.0%} to {high:.0%}"]


def part(packages: Mapping[str, Tried], seed: int, day: date) -> str:
    """What stands in the docs."""
    lines = [f"Run of {day}, seed {seed}.", "", *_table(HEADINGS, [each.row(name) for name, each in packages.items()])]
    return "\n".join([*lines, "", "Equivalent, and so not counted:", "", *_equivalents()])


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield f"| --- |{' ---: |' * (len(headings) - 1)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _equivalents() -> Iterator[str]:
    return (f"- `{each.text}` in `{each.path}` ({each.operator}): {each.why}" for each in EQUIVALENTS)
