"""`make chaos`: a stack under traffic, one random fault after the other, and every number right to the cent at the end.

Seeded: the seed chooses the faults, whom they strike, and what the clients send. What coincides with what is up to the
machine.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import chain
from random import Random
from typing import NamedTuple

from tests.faults.clients import Clients
from tests.faults.kinds import FAULTS, REDIS_TIMEOUT, Fault, Scene
from tests.faults.probe import Probe
from tests.faults.processors import add_programs
from tests.faults.recomputation import Comparison, compare
from tests.faults.sender import Sender
from tests.support.events import PAIRS_FILE
from tests.support.stack import RunningStack, running_stack

Say = Callable[[str], None]
BETWEEN = 2.0
"""At most so many seconds lie between what one fault left and the next one."""
STALLED_AFTER = 30.0
"""Seconds after which a processor that does not go on ends by itself; half of what is usual."""
SHOWN = 20
SAID = (
    "conflict",
    "batch given up",
    "recovery waits",
    "Redis stands elsewhere",
    "positions wait for Redis",
    "stalled: this worker ends, to be started again",
)
"""What processors log when they notice something."""


class Stall(NamedTuple):
    """From the beginning or the end of a fault, the longer, until what was sent then is visible in every partition."""

    fault: Fault
    seconds: float


class Sent(NamedTuple):
    """What clients had to do."""

    retries: int
    lost_answers: int


class Run(NamedTuple):
    """What happened, and whether the numbers are right."""

    stalls: list[Stall]
    sent: Sent
    said: dict[str, int]
    comparison: Comparison


def run(seconds: float, seed: int, say: Say) -> Run:
    """Break things for so long, then compare."""
    random = Random(seed)
    settings = {"STREAM_REDIS_TIMEOUT": REDIS_TIMEOUT, "STREAM_STALLED_AFTER": STALLED_AFTER, "PAIRS": PAIRS_FILE}
    with running_stack(**{f"CADRAN_{name}": str(value) for name, value in settings.items()}) as stack:
        add_programs(stack)
        with closing(Probe(stack)) as probe:
            probe.seconds_until_visible(time.monotonic())
            with Clients(stack, seed) as clients:
                stalls = list(_break_things(Scene(stack, clients, random), probe, seconds, say))
        stack.wait_applied()
        senders = [*clients.senders, probe.sender]
        acknowledged = chain.from_iterable(sender.acknowledged for sender in senders)
        return Run(stalls, _sent(senders), _said(stack), compare(stack, acknowledged))


def _break_things(scene: Scene, probe: Probe, seconds: float, say: Say) -> Iterator[Stall]:
    start = time.monotonic()
    for fault in _endless(scene.random):
        began = time.monotonic() - start
        if began > seconds:
            return
        stall, whom = _strike(fault, scene, probe)
        say(f"{began:7.1f} s  {fault.name:<46} {whom:<16} stall {stall.seconds:5.1f} s")
        yield stall
        time.sleep(scene.random.uniform(0, BETWEEN))


def _endless(random: Random) -> Iterator[Fault]:
    """Every kind once, in random order; then again."""
    while True:
        yield from random.sample(FAULTS, len(FAULTS))


def _strike(fault: Fault, scene: Scene, probe: Probe) -> tuple[Stall, str]:
    """Inflict a fault, end it, and wait until all is well; the end may stall things as the beginning did."""
    with ThreadPoolExecutor(1) as thread:
        with fault.inflict(scene) as struck:
            begun = thread.submit(probe.seconds_until_visible, struck.at)
            time.sleep(fault.seconds)
        ended = thread.submit(probe.seconds_until_visible, time.monotonic())
        return Stall(fault, max(begun.result(), ended.result())), struck.whom


def _sent(senders: Sequence[Sender]) -> Sent:
    return Sent(sum(sender.retries for sender in senders), sum(sender.lost_answers for sender in senders))


def _said(stack: RunningStack) -> dict[str, int]:
    """How often processors said that they noticed something."""
    logs = [path.read_text() for path in stack.layout.logs.glob("worker*.log*")]
    return {text: sum(log.count(f'"{text}"') for log in logs) for text in SAID}


def report(done: Run) -> str:
    """The longest stall after each kind of fault, and what the comparison found."""
    lines = [f"{'fault':<46} {'times':>5} {'lasted':>8} {'longest stall':>14}"]
    for fault in FAULTS:
        own = [stall.seconds for stall in done.stalls if stall.fault is fault]
        if own:
            lines.append(f"{fault.name:<46} {len(own):>5} {fault.seconds:>6.1f} s {max(own):>12.1f} s")
    found = done.comparison
    lines += [
        "",
        "processors said: " + ", ".join(f"{text} {count}" for text, count in done.said.items()),
        f"clients: {found.events:,} events acknowledged, {done.sent.retries} retries, "
        f"{done.sent.lost_answers} answers lost",
        f"orders and leads: {found.entities:,} to be counted, {found.lost} lost, {found.double} double",
        f"{found.cells:,} cells and {found.rows:,} rows compared: {len(found.differences)} differ",
        *found.differences[:SHOWN],
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Break things under traffic, then compare every number.")
    parser.add_argument("--seconds", type=float, default=300, help="for how long faults are inflicted")
    parser.add_argument("--seed", type=int, default=1, help="chooses faults and traffic")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # as by Ctrl-C: the stack ends with it
    done = run(arguments.seconds, arguments.seed, lambda text: print(text, flush=True))
    print(f"\nseed {arguments.seed}\n{report(done)}")
    sys.exit(1 if done.comparison.differences else 0)


if __name__ == "__main__":
    main()
