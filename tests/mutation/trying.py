"""Mutants, each shown to its tests in a process of its own: a fork of one that has all modules and tests loaded."""

import gc
import os
import resource
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.mutation.cosmic import changed
from tests.mutation.covering import Reached
from tests.mutation.mutants import Mutant
from tests.mutation.outcome import Outcome
from tests.mutation.patching import Loaded

MOST_BYTES = 3 * 2**30
MOST_SECONDS = 600.0
"""For a mutant that waits for ever; one that works for ever is ended by how much of a processor it takes."""
UNFIT = 77
"""The status of a process that could not take its mutant in."""


class _Running(NamedTuple):
    mutant: Mutant
    until: float


def outcomes(
    mutants: Iterable[Mutant], items: Sequence[pytest.Item], reached: Reached, root: Path, *, at_once: int
) -> Iterator[tuple[Mutant, Outcome]]:
    """Try all, some at once; each is told as it is known."""
    loaded = Loaded()
    gc.freeze()  # what forks do not look at they share
    by_id = {item.nodeid: item for item in items}
    running: dict[int, _Running] = {}
    for mutant in mutants:
        tests = reached.tests(mutant)
        if not tests:
            yield mutant, Outcome.UNREACHED
            continue
        assert loaded.holds(root / mutant.path), f"{mutant.path} is not loaded: nothing would be changed"
        while len(running) >= at_once:
            yield from _ended(running)
        most = 3 + 4 * int(sum(reached.seconds[test] for test in tests))
        pid = _started(partial(_tried, loaded, mutant, [by_id[test] for test in tests], root), most)
        running[pid] = _Running(mutant, time.monotonic() + MOST_SECONDS)
    while running:
        yield from _ended(running)


def _started(work: Callable[[], int], most: int) -> int:
    """A fork with so many seconds of a processor at most, which ends with the status that the work gives."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        status = work()
    except BaseException:
        status = 1  # what ends a test's process has told the mutant from the original
    os._exit(status)


def _tried(loaded: Loaded, mutant: Mutant, items: Sequence[pytest.Item], root: Path) -> int:
    try:
        loaded.put_in(root / mutant.path, changed(mutant, root))
    except (ValueError, SyntaxError):
        return UNFIT
    for item in items:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        if item.session.testsfailed:
            return int(pytest.ExitCode.TESTS_FAILED)
    return int(pytest.ExitCode.OK)


def _ended(running: dict[int, _Running]) -> Iterator[tuple[Mutant, Outcome]]:
    """Whatever has ended by now, or has had its time."""
    time.sleep(0.01)
    for pid, (mutant, until) in list(running.items()):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            del running[pid]
            yield mutant, _outcome(os.waitstatus_to_exitcode(status))
        elif time.monotonic() > until:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            del running[pid]
            yield mutant, Outcome.TIMED_OUT


def _outcome(status: int) -> Outcome:
    if status in (-signal.SIGXCPU, -signal.SIGKILL):  # its processor's seconds were spent
        return Outcome.TIMED_OUT
    if status == UNFIT:
        return Outcome.UNFIT
    return Outcome.KILLED if status else Outcome.SURVIVED
