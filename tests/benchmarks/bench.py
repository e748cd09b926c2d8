"""`make bench`: how fast events are consumed, against others; taken in over HTTP; and read by Prometheus."""

import argparse
import logging
from collections.abc import Iterable
from pathlib import Path

import msgspec
from rich.console import Console

from tests.benchmarks import ingest, report, snapshot, throughput
from tests.benchmarks.measured import Measured, Snapshot
from tests.support.stack import running_servers

SINGLES_SHARE, BATCHED_SHARE = 20, 3
"""Of the events: one in so many is sent alone over HTTP, and one in so many in batches."""

console = Console(width=170)


def measure_all(events: int, peers: list[str], days: int) -> tuple[list[Measured], list[Snapshot]]:
    rows = _told(throughput.measure(events, peers))
    with running_servers() as stack:
        snapshots = snapshot.measure(stack, days)
        rows += _told(ingest.measure(stack, events // SINGLES_SHARE, events // BATCHED_SHARE))
    return rows, snapshots


def _told(rows: Iterable[Measured]) -> list[Measured]:
    """Measure, saying each result as it comes."""
    found = []
    for measured in rows:
        console.print(f"{measured.name}: {measured.events_per_s:,.0f} events/s", highlight=False)
        found.append(measured)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure Cadran against others, on a real Kafka.")
    parser.add_argument("--events", type=int, default=300_000, help="orders to consume")
    parser.add_argument("--days", type=int, default=730, help="days that the exporter's snapshot sees")
    parser.add_argument("--without", action="append", default=[], choices=throughput.PEERS, help="leave a peer out")
    parser.add_argument("--out", type=Path, default=Path(".local/bench.json"), help="the file to write")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)  # a topic that was just made has no leader for a moment
    peers = [name for name in throughput.PEERS if name not in arguments.without]
    rows, snapshots = measure_all(arguments.events, peers, arguments.days)
    console.print(*report.tables(rows, snapshots), sep="\n")
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_bytes(
        msgspec.json.format(msgspec.json.encode(report.document(arguments.events, rows, snapshots)))
    )


if __name__ == "__main__":
    main()
