"""`make bench-endurance`: what a worker holds of memory while it applies millions of orders, published as it goes."""

import argparse
import sys
import threading
import time
from pathlib import Path

import msgspec
from rich.console import Console

from services.common.windows import utc_now
from tests.benchmarks.cadran import Observer
from tests.benchmarks.orders import BUSY, message, orders, publish
from tests.benchmarks.peers.stopwatch import peak_mb
from tests.benchmarks.programs import resident_mb, running
from tests.support.stack import RunningStack, running_servers, wait_for

LIMIT_MB = 300
TOLD = 10
"""How often it is told on the way."""

STALLED_SECONDS = 120.0

console = Console(width=120)


def measure(stack: RunningStack, events: int) -> list[tuple[int, float]]:
    """Orders applied, and the worker's resident memory then, in MB; the last is its peak."""
    sent = map(message, orders(events, until=utc_now(), over=BUSY))
    publishing = threading.Thread(target=publish, args=(stack.settings.kafka_servers, sent), daemon=True)
    with Observer(stack.settings) as observer, running(stack, "services.kpi_stream.main") as worker:
        wait_for(lambda: resident_mb(worker) > 0, "the worker runs")
        publishing.start()
        seen: list[tuple[int, float]] = []
        for part in range(1, TOLD + 1):
            _reach(observer, events * part // TOLD)
            seen.append((events * part // TOLD, resident_mb(worker)))
            console.print(f"{seen[-1][0]:>12,} orders applied, {seen[-1][1]:.0f} MB resident", highlight=False)
        return [*seen, (events, peak_mb(worker))]


def _reach(observer: Observer, events: int) -> None:
    """Wait until so many are applied, as long as any are."""
    applied, moved = 0, time.monotonic()
    while applied < events:
        now = observer.applied()
        if now != applied:
            applied, moved = now, time.monotonic()
        if time.monotonic() - moved > STALLED_SECONDS:
            raise TimeoutError(f"nothing is applied any more after {applied:,} orders")
        time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a worker's memory while it applies millions of orders.")
    parser.add_argument("--events", type=int, default=3_000_000, help="orders to apply")
    parser.add_argument("--out", type=Path, default=Path(".local/bench_endurance.json"), help="the file to write")
    arguments = parser.parse_args()
    with running_servers() as stack:
        seen = measure(stack, arguments.events)
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_bytes(msgspec.json.format(msgspec.json.encode(seen)))
    peak = seen[-1][1]
    console.print(f"peak: {peak:.0f} MB of the {LIMIT_MB} that are allowed", highlight=False)
    sys.exit(peak > LIMIT_MB)


if __name__ == "__main__":
    main()
