"""Which tests reach which lines, and how long each takes: a mutant is shown to these, the shortest first."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from coverage import Coverage

from tests.mutation.mutants import Mutant

SLOW = 2.0
"""Seconds of a processor: a test that takes longer is left out. It could only kill more."""


class Reached(NamedTuple):
    """What one run of all tests showed."""

    seconds: Mapping[str, float]
    """Of a processor."""
    by_line: Mapping[tuple[str, int], Sequence[str]]

    def tests(self, mutant: Mutant) -> list[str]:
        found = self.by_line.get((mutant.path, mutant.line), ())
        return sorted((test for test in found if self.seconds[test] < SLOW), key=lambda test: self.seconds[test])


def reached(items: Sequence[pytest.Item], root: Path, paths: Sequence[str]) -> Reached:
    """Run all tests once, unchanged.

    :raises AssertionError: when one fails: nothing can be said of mutants then.
    """
    coverage = Coverage(data_file=None, include=[str(root / path) for path in paths], config_file=False)
    seconds: dict[str, float] = {}
    coverage.start()
    for item, following in zip(items, [*items[1:], None], strict=True):
        coverage.switch_context(item.nodeid)
        began = time.process_time()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        seconds[item.nodeid] = time.process_time() - began
        assert not item.session.testsfailed, f"{item.nodeid} fails without a change"
    coverage.stop()
    data = coverage.get_data()
    by_line = {
        (str(Path(file).relative_to(root)), line): [context for context in contexts if context]
        for file in data.measured_files()
        for line, contexts in data.contexts_by_lineno(file).items()
    }
    return Reached(seconds, by_line)
