"""`make bench-rebalance`: how long a change of workers holds things up under load, and that it changes no number.

Orders are published at a steady rate. A partition is behind while more of it waits than arrives in a second. After each
change of workers it is measured how long any partition was behind; then all is added up.
"""

import argparse
import asyncio
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self

import msgspec
from aiokafka import AIOKafkaProducer
from rich.console import Console

from services.common.auth import KeyRing, Scope
from services.common.publisher import Message, partition_of
from services.common.settings import Port
from services.common.topics import Topic
from services.common.windows import utc_now
from tests.benchmarks.cadran import Observer
from tests.benchmarks.orders import BUSY, Sent, message, orders
from tests.benchmarks.programs import running
from tests.support.stack import RunningStack, running_servers, wait_for

TICK = 0.02
LOOK_SECONDS = 0.05
CALM_SECONDS = 3.0
"""A change is over when no partition was behind for so long."""

LEAST_SECONDS = 12.0
"""A change is watched for longer than a session (6 s): what a silent worker held is another's by then."""

LONGEST_SECONDS = 60.0
MOST_SECONDS = 200
"""For so long there are orders to publish."""

console = Console(width=120)


class Stall(NamedTuple):
    """What one change did: seconds until no partition was behind any more, and the most records that waited in one."""

    change: str
    seconds: float
    most_behind: int


class Load:
    """Publishes orders at a steady rate in a thread of its own, and knows what lies in each partition."""

    def __init__(self, stack: RunningStack, rate: int, sent: Sequence[Sent]) -> None:
        self._servers = stack.settings.kafka_servers
        self._rate = rate
        self._partitions = stack.settings.partitions
        self._messages = [message(each) for each in sent]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self.published: Counter[str] = Counter()
        self.count = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Publish no more; what was begun is acknowledged."""
        self._stop.set()
        self._thread.join()

    async def _run(self) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self._servers, enable_idempotence=True) as producer:
            start = time.monotonic()
            while not self._stop.is_set() and self.count < len(self._messages):
                due = min(len(self._messages), int((time.monotonic() - start) * self._rate))
                await self._send(producer, self._messages[self.count : due])
                await asyncio.sleep(TICK)

    async def _send(self, producer: AIOKafkaProducer, messages: Sequence[Message]) -> None:
        pending = [await producer.send(m.topic, m.value, key=m.key) for m in messages]
        await asyncio.gather(*pending)
        keys = [(m.key or b"").decode() for m in messages]
        self.published.update(f"{Topic.ORDERS}:{partition_of(key, self._partitions)}" for key in keys)
        self.count += len(messages)


class Run:
    """Workers under load, changed one after the other."""

    def __init__(self, stack: RunningStack, observer: Observer, load: Load, programs: ExitStack, rate: int) -> None:
        self._stack = stack
        self._observer = observer
        self._load = load
        self._programs = programs
        self._behind = rate / stack.settings.partitions
        self._pids: dict[int, int] = {}

    def start(self, number: int) -> None:
        program = running(self._stack, "services.kpi_stream.main", CADRAN_STREAM_WORKER=str(number))
        self._pids[number] = self._programs.enter_context(program)

    def kill(self, number: int) -> None:
        os.kill(self._pids[number], signal.SIGKILL)

    def stop(self, number: int) -> None:
        os.kill(self._pids[number], signal.SIGTERM)

    def most_behind(self) -> int:
        """Of the partition that is furthest behind, the records that wait."""
        applied = self._observer.offsets()
        return max((count - applied.get(place, 0) for place, count in dict(self._load.published).items()), default=0)

    def change(self, name: str, *acts: Callable[[], None]) -> Stall:
        """Do something to the workers, and watch until no partition has been behind for a while."""
        begun = last_behind = time.monotonic()
        for act in acts:
            act()
        most = 0
        while (now := time.monotonic()) < max(begun + LEAST_SECONDS, last_behind + CALM_SECONDS):
            behind = self.most_behind()
            most = max(most, behind)
            if behind > self._behind:
                last_behind = now
            if now > begun + LONGEST_SECONDS:
                raise TimeoutError(f"{name}: {behind} records of a partition still wait after {LONGEST_SECONDS:.0f} s")
            time.sleep(LOOK_SECONDS)
        return Stall(name, last_behind - begun, most)


def measure(stack: RunningStack, rate: int, sent: Sequence[Sent]) -> Iterator[Stall]:
    """The stall of each change; at the end every order must be counted, once."""
    with Observer(stack.settings) as observer, ExitStack() as programs, Load(stack, rate, sent) as load:
        run = Run(stack, observer, load, programs, rate)
        run.start(0)
        wait_for(lambda: load.count > rate and run.most_behind() < rate, "the first worker keeps up")
        yield run.change("nothing (to compare with)")
        yield run.change("a second worker joins", partial(run.start, 1))
        yield run.change("it is killed, and back at once", partial(run.kill, 1), partial(run.start, 1))
        yield run.change("it is killed, and stays away", partial(run.kill, 1))
        yield run.change("it comes back", partial(run.start, 1))
        yield run.change("the first is stopped in good order", partial(run.stop, 0))
        load.stop()
        wait_for(lambda: run.most_behind() == 0, "all is applied")
        programs.enter_context(running(stack, "services.kpi_stream.exporter.main"))
        _compare(stack, sent[: load.count])


def _compare(stack: RunningStack, sent: Sequence[Sent]) -> None:
    """What was published, added up here and there."""
    lines = [line for each in sent for line in each["data"]["lines"]]
    ours = {
        "orders": len(sent),
        "units": sum(line["quantity"] for line in lines),
        "gross_minor": sum(line["gross_minor"] for line in lines),
        "discount_minor": sum(line["discount_minor"] for line in lines),
    }
    theirs = _told(stack)
    wrong = {name: (value, theirs[name]) for name, value in ours.items() if theirs[name] != value}
    if wrong:
        sys.exit(f"numbers changed (published, told): {wrong}")
    console.print(f"{len(sent):,} orders, {ours['gross_minor']:,} cents: counted once each", highlight=False)


def _told(stack: RunningStack) -> dict[str, int]:
    """The sums of the read API."""
    key = KeyRing(stack.settings.api_keys_file).create("bench", (Scope.READ_KPIS,), namespace="")
    with stack.http(Port.EXPORTER, key) as client:
        wait_for(lambda: client.get("/readyz").status_code == 200, "the read API answers")
        answer = client.get("/v1/kpis/sales?window=7d").raise_for_status()
    measures: dict[str, int] = answer.json()["rows"][0]["measures"]
    return measures


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how long a change of workers holds things up.")
    parser.add_argument("--rate", type=int, default=4000, help="orders a second")
    parser.add_argument("--out", type=Path, default=Path(".local/bench_rebalance.json"), help="the file to write")
    arguments = parser.parse_args()
    sent = list(orders(arguments.rate * MOST_SECONDS, until=utc_now(), over=BUSY))
    stalls = []
    with running_servers() as stack:
        for stall in measure(stack, arguments.rate, sent):
            console.print(f"{stall.change:<36}{stall.seconds:5.1f} s{stall.most_behind:>9,}", highlight=False)
            stalls.append(stall)
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_bytes(msgspec.json.format(msgspec.json.encode({"rate": arguments.rate, "stalls": stalls})))


if __name__ == "__main__":
    main()
