"""What became of each mutant, on disk: a run of hours that is stopped goes on where it was."""

import json
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

from tests.mutation.mutants import Mutant
from tests.mutation.outcome import Outcome


class Record:
    """A line for each mutant that was tried; the last counts. Of a module that was changed since, none do."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path, self._root = path, root
        path.parent.mkdir(parents=True, exist_ok=True)
        self._outcomes: dict[Mutant, Outcome] = {}
        for line in path.read_text().splitlines() if path.exists() else ():
            digest, (of, operator, occurrence, start), outcome = json.loads(line)
            if digest == self._digest(of):
                self._outcomes[Mutant(of, operator, occurrence, tuple(start))] = Outcome(outcome)

    @cache  # noqa: B019 - one lives as long as the program
    def _digest(self, path: str) -> str:
        file = self._root / path
        return sha256(file.read_bytes()).hexdigest() if file.exists() else ""

    def outcome(self, mutant: Mutant) -> Outcome | None:
        return self._outcomes.get(mutant)

    def add(self, mutant: Mutant, outcome: Outcome) -> None:
        self._outcomes[mutant] = outcome
        with self.path.open("a") as file:
            file.write(json.dumps([self._digest(mutant.path), mutant, outcome]) + "\n")

    def survivors(self) -> Iterator[Mutant]:
        return (
            mutant for mutant, outcome in self._outcomes.items() if outcome in (Outcome.SURVIVED, Outcome.UNREACHED)
        )
