"""What a stack's processes hold, noted again and again, and what it would come to in a week."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.benchmarks.programs import resident_mb
from tests.support.stack import RunningStack

WEEK = 7 * 24 * 3600.0
SERVERS = ("kafka", "redis", "prometheus", "alertmanager")
"""They are told and not judged: what they hold grows with what is sent."""

LIMITS = {"memory_mb": 500.0, "files": 500.0, "threads": 100.0}
"""Growth of one process in a week that would matter: memory that a machine is given to spare, and half of the files
that a process may usually open."""

WARM = 1 / 3
"""Of a run, left out: caches fill, and pools grow to what the traffic needs."""

Points = Sequence[tuple[float, float]]
"""Seconds, and a figure then."""


class Held(NamedTuple):
    """By one process: resident memory, open files, threads."""

    pid: int
    memory_mb: float
    files: int
    threads: int


class Sample(NamedTuple):
    """At a time (seconds since the beginning): each process, Redis's data, what is not applied, the slowest probe."""

    at: float
    held: Mapping[str, Held]
    redis_mb: float
    lag: int
    slowest_s: float


class Growth(NamedTuple):
    """Of a figure of a process, after warming up: where it stood, and what its growth comes to in a week."""

    program: str
    figure: str
    first: float
    last: float
    in_a_week: float

    @property
    def matters(self) -> bool:
        return self.program not in SERVERS and self.in_a_week > LIMITS[self.figure]


def held_now(stack: RunningStack) -> dict[str, Held]:
    """By every program that runs."""
    return {state.name: _held(state.pid) for state in stack.supervisor.states() if state.state == "RUNNING"}


def _held(pid: int) -> Held:
    folder = Path(f"/proc/{pid}")
    files, threads = (sum(1 for _ in (folder / name).iterdir()) for name in ("fd", "task"))
    return Held(pid, resident_mb(pid), files, threads)


def slope(points: Points) -> float:
    """Of a line through the points, a second (Theil and Sen: the median of the slopes of all pairs). One step, or one
    odd point, does not tilt it."""
    return median((b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2))


def lasting_slope(points: Points) -> float:
    """The lesser of those of both halves: a leak goes on, what has filled up does not."""
    middle = len(points) // 2
    return min(slope(points[: middle + 1]), slope(points[middle:]))


def growths(samples: Sequence[Sample]) -> Iterator[Growth]:
    """Of each figure of each program that was there all the time.

    :raises ValueError: when there are fewer than six samples.
    """
    if len(samples) < 6:
        raise ValueError(f"{len(samples)} samples are too few for a line: run longer, or note more often")
    warm = samples[int(len(samples) * WARM) :]
    for program in sorted(set[str].intersection(*(set(sample.held) for sample in warm))):
        for figure in LIMITS:
            points = [(sample.at, float(getattr(sample.held[program], figure))) for sample in warm]
            yield Growth(program, figure, points[0][1], points[-1][1], lasting_slope(points) * WEEK)


def restarted(samples: Iterable[Sample]) -> list[str]:
    """The programs that were not the same process all the time."""
    pids: dict[str, set[int]] = {}
    for sample in samples:
        for program, held in sample.held.items():
            pids.setdefault(program, set()).add(held.pid)
    return sorted(program for program, own in pids.items() if len(own) > 1)
