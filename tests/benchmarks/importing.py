"""`make bench-import`: how fast a table is imported, beside what the gateway takes at most, and in how much memory.

A whole stack, with everything at work that users have: the gateway, Kafka, Redis, the worker that applies the events.
"""

import argparse
import csv
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec
import uvloop
from rich.console import Console

from deploy.local.programs import ROOT
from services.common.settings import Port
from services.common.windows import utc_now
from services.ingest.reading import BATCH
from tests.benchmarks.load import post, send_all
from tests.benchmarks.orders import BUSY, orders
from tests.benchmarks.programs import resident_mb
from tests.support.stack import RunningStack, running_stack

MAPPING = "docs/examples/online_retail.yml"
NAMES = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
ASTRAY, HELD_BACK = 0.1, 20_000
"""The share of lines that do not stand with their order, and of how many of these one is drawn to come next."""

LIMIT_EVENTS, BATCH_EVENTS, CONNECTIONS = 100_000, 1000, 4
"""As in the ingest benchmark."""

SAMPLED_SECONDS, TOLD = 0.5, 10
ACCEPTED = re.compile(r"([\d,]+) accepted")

console = Console(width=120)


class Sample(NamedTuple):
    seconds: float
    mb: float


class Imported(NamedTuple):
    """What an import took. `limit` is what the gateway takes of batches, in events a second."""

    lines: int
    events: int
    seconds: float
    cpu_seconds: float
    peak_mb: float
    limit: float
    samples: list[Sample]


def lines(count: int, seed: int = 7) -> Iterator[Sequence[Any]]:
    """Invoice lines in the order of their time, but for some that come long after the others of their invoice."""
    random, time_, invoice, made = Random(seed), datetime(2021, 1, 1), 500_000, 0
    held: list[Sequence[Any]] = []
    while made < count:
        invoice += 1
        time_ += timedelta(seconds=random.randint(1, 60))
        customer = f"{random.randrange(12_000, 62_000)}.0"
        for _ in range(min(count - made, random.choices((1, 2, 3, 4), (50, 30, 15, 5))[0])):
            price = f"{random.randrange(50, 9999) / 100:.2f}"
            sku = f"{random.randrange(10_000, 14_000)}"
            line = (invoice, sku, "A THING, TO BE SOLD", random.randint(1, 12), time_, price, customer, "France")
            made += 1
            if random.random() >= ASTRAY:
                yield line
                continue
            held.append(line)
            if len(held) > HELD_BACK:
                yield held.pop(random.randrange(len(held)))
    yield from held


def write(path: Path, count: int) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(NAMES)
        writer.writerows(lines(count))


def limit(stack: RunningStack) -> float:
    """Events that the gateway takes a second when nothing else is done than to send them, ready made."""
    batches = LIMIT_EVENTS // BATCH_EVENTS + CONNECTIONS
    sent = orders(batches * BATCH_EVENTS, until=utc_now(), over=BUSY, name="L")
    bodies = [msgspec.json.encode(list(islice(sent, BATCH_EVENTS))) for _ in range(batches)]
    requests = [post("/v1/events/batch", stack.key, BATCH, body) for body in bodies]
    port = stack.settings.port(Port.INGEST)
    uvloop.run(send_all(port, requests[:CONNECTIONS], CONNECTIONS))
    start = time.perf_counter()
    uvloop.run(send_all(port, requests[CONNECTIONS:], CONNECTIONS))
    return LIMIT_EVENTS / (time.perf_counter() - start)


def measure(stack: RunningStack, path: Path, count: int) -> Imported:
    """The real program, a process of its own, looked at from outside."""
    reached = limit(stack)
    stack.wait_applied()
    console.print(f"the gateway takes {reached:,.0f} events/s of batches", highlight=False)
    command = [sys.executable, "-m", "services.common.cli", "import", "--mapping", MAPPING, str(path)]
    samples: list[Sample] = []
    with tempfile.TemporaryFile("w+") as told:
        start = time.perf_counter()
        process = subprocess.Popen(command, env=stack.environment, cwd=ROOT, stdout=told)
        ended = 0
        while not ended:
            time.sleep(SAMPLED_SECONDS)
            samples.append(Sample(time.perf_counter() - start, resident_mb(process.pid)))
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        process.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        text = told.read()
    console.print(text.strip(), highlight=False)
    if process.returncode:
        raise RuntimeError(f"the import ended with {process.returncode}")
    accepted = int(ACCEPTED.search(text)[1].replace(",", ""))  # type: ignore[index]
    cpu = usage.ru_utime + usage.ru_stime
    return Imported(count, accepted, samples[-1].seconds, cpu, usage.ru_maxrss / 1024, reached, samples[:-1])


def show(done: Imported) -> None:
    step = max(1, len(done.samples) // TOLD)
    for sample in done.samples[step - 1 :: step]:
        console.print(f"{sample.seconds:>9,.0f} s  {sample.mb:>6,.0f} MB resident", highlight=False)
    per_s, events_per_s = done.lines / done.seconds, done.events / done.seconds
    console.print(
        f"{done.lines:,} lines, {done.events:,} events in {done.seconds:,.0f} s: {per_s:,.0f} lines/s, "
        f"{events_per_s:,.0f} events/s, {events_per_s / done.limit:.2f} of what the gateway takes "
        f"({done.limit:,.0f} events/s); {done.cpu_seconds / done.lines * 1e6:.1f} us of processor time a line, "
        f"peak {done.peak_mb:.0f} MB",
        highlight=False,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how fast a table is imported, and in how much memory.")
    parser.add_argument("--lines", type=int, default=10_000_000, help="lines of the table")
    parser.add_argument("--out", type=Path, default=Path(".local/bench_import.json"), help="the file to write")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cadran-bench-") as folder, running_stack() as stack:
        path = Path(folder) / "lines.csv"
        write(path, arguments.lines)
        console.print(f"{arguments.lines:,} lines, {path.stat().st_size / 1e6:,.0f} MB", highlight=False)
        done = measure(stack, path, arguments.lines)
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_bytes(msgspec.json.format(msgspec.json.encode(done)))
    show(done)


if __name__ == "__main__":
    main()
