"""`make mutation`: changes the core in small ways, and counts how many of the changes a test notices.

Writes a table into docs/testing.md, and what survived into .local/mutation/survivors.txt. It goes on where it was
stopped: what was killed stays so until its module is changed, what survived is tried again.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from tests.mutation.apart import apart
from tests.mutation.cosmic import mutants_of
from tests.mutation.covering import reached
from tests.mutation.drawing import drawn
from tests.mutation.equivalents import equivalence
from tests.mutation.mutants import Mutant
from tests.mutation.packages import PACKAGES, Package
from tests.mutation.record import Record
from tests.mutation.report import ALIVE, Tried, part
from tests.mutation.trying import outcomes
from tests.support.generated import write_part

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "testing.md"


class Trial:
    """A plugin of pytest's that shows mutants to the tests that were collected, in place of running them."""

    def __init__(self, mutants: Sequence[Mutant], modules: Sequence[str], record: Record, jobs: int) -> None:
        self.mutants, self.modules, self.record, self.jobs = mutants, modules, record, jobs

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        found = apart(partial(reached, session.items, ROOT, self.modules))
        tried = outcomes(self.mutants, session.items, found, ROOT, at_once=self.jobs)
        for number, (mutant, outcome) in enumerate(tried, 1):
            self.record.add(mutant, outcome)
            print(f"{number}/{len(self.mutants)} {outcome}: {mutant}", flush=True)
        return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=250, help="places of each package; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    os.environ |= {"HYPOTHESIS_PROFILE": "mutation", "OPENBLAS_NUM_THREADS": "1"}  # threads do not live through a fork
    record = Record(ROOT / ".local" / "mutation" / "outcomes.jsonl", ROOT)
    tried = {name: _try(package, record, asked) for name, package in PACKAGES.items()}
    write_part(PAGE, "mutation", part(tried, asked.seed, datetime.now(UTC).date()))
    (record.path.parent / "survivors.txt").write_text("".join(f"{mutant}\n" for mutant in record.survivors()))


def _try(package: Package, record: Record, asked: argparse.Namespace) -> Tried:
    """Those of a package that were drawn, and are not known to be killed."""
    modules = package.modules(ROOT)
    places = drawn((mutant for path in modules for mutant in mutants_of(ROOT, path)), asked.seed)
    chosen = places[: asked.sample or None]
    wanted = [
        mutant for mutant in chosen if equivalence(mutant, ROOT) is None and record.outcome(mutant) in (None, *ALIVE)
    ]
    trial = Trial(wanted, modules, record, asked.jobs)
    if wanted and pytest.main(["-q", "-s", "-p", "no:cacheprovider", *package.suites], plugins=[trial]):
        sys.exit("the tests could not be run")
    return Tried(len(places), chosen, record, ROOT)


if __name__ == "__main__":
    main()
