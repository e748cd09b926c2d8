"""`make soak`: steady traffic on a stack of its own, and does any process grow in a way that would matter in a week?

Ends with status 1 when one does, was started again, or refused a reader; when what was sent is not applied at the end;
or when any number differs from a recomputation.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import chain
from threading import Event, Thread
from typing import NamedTuple, Self

from services.common.settings import Port
from tests.benchmarks.latency import percentile
from tests.faults.chaos import SHOWN
from tests.faults.clients import Clients
from tests.faults.probe import Probe
from tests.faults.recomputation import Comparison, compare
from tests.operations.backup.drill import Answering, told_by_surveys
from tests.soak.figures import LIMITS, SERVERS, Growth, Sample, growths, held_now, restarted
from tests.soak.reading import Readers
from tests.support.events import PAIRS_FILE
from tests.support.stack import RunningStack, running_stack

Say = Callable[[str], None]
EVERY = 30.0
PAUSE, PROBE_PAUSE, ANSWER_PAUSE = 1.5, 2.0, 0.5
"""Seconds between what one client sends, probes, and answers to surveys: some 60 events a second."""

LONGEST = 3600
"""Events are up to 90 minutes old when they are sent, and must stay away from three hours, where minute cells end."""


class Probing:
    """Measures again and again, in a thread of its own, how long what is accepted takes to be visible."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self.seconds: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(PROBE_PAUSE):
            self.seconds.append(self._probe.seconds_until_visible(time.monotonic()))


class Run(NamedTuple):
    """What was noted, and whether the numbers are right."""

    samples: list[Sample]
    visible: list[float]
    read: dict[str, int]
    refused: dict[str, int]
    answers: int
    is_applied: bool
    comparison: Comparison

    @property
    def growths(self) -> list[Growth]:
        return list(growths(self.samples))

    @property
    def faults(self) -> list[str]:
        """In words; none when all is well."""
        grown = [
            f"{each.program}: {each.figure} grows by {each.in_a_week:,.0f} a week, {LIMITS[each.figure]:,.0f} at most"
            for each in self.growths
            if each.matters
        ]
        return [
            *grown,
            *(f"{program} was started again" for program in restarted(self.samples)),
            *(f"{count} times refused: {what}" for what, count in self.refused.items()),
            *([] if self.is_applied else ["not all that was sent is applied a minute after the end"]),
            *self.comparison.differences[:SHOWN],
        ]


def run(seconds: float, seed: int, say: Say, *, every: float = EVERY) -> Run:
    """Send and read for so long, noting every so many seconds what is held; then compare."""
    with running_stack(CADRAN_PAIRS=str(PAIRS_FILE)) as stack, closing(Probe(stack)) as probe:
        probe.seconds_until_visible(time.monotonic())
        with (
            Clients(stack, seed, pause=PAUSE) as clients,
            Answering(stack, pause=ANSWER_PAUSE) as answering,
            Readers(stack) as readers,
            Probing(probe) as probing,
        ):
            samples = list(_noted(stack, probing, seconds, every, say))
        is_applied = _is_applied(stack)
        senders = [*clients.senders, probe.sender]
        acknowledged = chain.from_iterable(sender.acknowledged for sender in senders)
        return Run(
            samples,
            sorted(probing.seconds),
            dict(readers.done),
            dict(readers.refused),
            len(answering.thanked),
            is_applied,
            compare(stack, [*acknowledged, *told_by_surveys(stack, answering.thanked)]),
        )


def _noted(stack: RunningStack, probing: Probing, seconds: float, every: float, say: Say) -> Iterator[Sample]:
    start = time.monotonic()
    while (at := time.monotonic() - start) < seconds:
        probed = len(probing.seconds)
        time.sleep(min(every, seconds - at))
        with stack.redis() as client:
            redis_mb = client.info("memory")["used_memory"] / 1e6
        sample = Sample(
            at=time.monotonic() - start,
            held=held_now(stack),
            redis_mb=redis_mb,
            lag=_lag(stack),
            slowest_s=max(probing.seconds[probed:], default=0.0),
        )
        say(_line(sample))
        yield sample


def _lag(stack: RunningStack) -> int:
    with stack.http(Port.EXPORTER) as client:
        return sum(partition["lag"] for partition in client.get("/v1/freshness").json()["partitions"])


def _is_applied(stack: RunningStack) -> bool:
    try:
        stack.wait_applied()
    except AssertionError:
        return False
    return True


def _line(sample: Sample) -> str:
    held = ", ".join(f"{n} {h.memory_mb:.0f}/{h.files}/{h.threads}" for n, h in sample.held.items() if n not in SERVERS)
    return (
        f"{sample.at:6.0f} s  MB/files/threads: {held}; Redis {sample.redis_mb:.1f} MB, lag {sample.lag}, "
        f"slowest {sample.slowest_s:.2f} s"
    )


def report(done: Run) -> str:
    """A table of what each program held, and what else was noted."""
    lines = ["| program | memory, MB | a week | files | a week | threads | a week |", "| --- |" + " ---: |" * 6]
    by_program: dict[str, list[Growth]] = {}
    for each in done.growths:
        by_program.setdefault(each.program, []).append(each)
    lines += [f"| {program} | {' | '.join(map(_cells, own))} |" for program, own in by_program.items()]
    first, last, found = done.samples[0], done.samples[-1], done.comparison
    most, end = max(sample.lag for sample in done.samples), "none" if done.is_applied else "some"
    visible = ", ".join(f"p{p:g} {percentile(done.visible, p):.2f} s" for p in (50, 99)) if done.visible else "never"
    read = ", ".join(f"{count:,} {what}" for what, count in done.read.items())
    return "\n".join(
        [
            *lines,
            "",
            f"- {last.at:,.0f} s, noted {len(done.samples)} times; the first third is left out as warming up",
            f"- {found.events:,} events acknowledged, {done.answers:,} surveys answered, {read}",
            f"- from accepted to visible, of {len(done.visible):,} probes: {visible}",
            f"- Redis: {first.redis_mb:.1f} to {last.redis_mb:.1f} MB",
            f"- records not applied yet: {most:,} at most, {end} at the end",
            f"- {found.cells:,} cells and {found.rows:,} rows compared with a recomputation: "
            f"{len(found.differences)} differ",
            *(f"- **{fault}**" for fault in done.faults),
        ]
    )


def _cells(growth: Growth) -> str:
    digits = 1 if growth.figure == "memory_mb" else 0
    return f"{growth.first:,.{digits}f} to {growth.last:,.{digits}f} | {growth.in_a_week:+,.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Steady traffic; then: what grows, and is every number right?")
    parser.add_argument("--seconds", type=float, default=LONGEST, help=f"for how long, {LONGEST} at most")
    parser.add_argument("--seed", type=int, default=1, help="chooses the traffic")
    arguments = parser.parse_args()
    if not 6 * EVERY <= arguments.seconds <= LONGEST:
        parser.error(f"--seconds: from {6 * EVERY:.0f} to {LONGEST}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # as by Ctrl-C: the stack ends with it
    done = run(arguments.seconds, arguments.seed, lambda text: print(text, flush=True))
    print(f"\n{report(done)}")
    sys.exit(1 if done.faults else 0)


if __name__ == "__main__":
    main()
