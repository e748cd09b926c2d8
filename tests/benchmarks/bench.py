"""`make bench`: how fast events are consumed, against others; taken in over HTTP; and read by Prometheus."""

import argparse
import logging
from pathlib import Path

import msgspec
from rich.console import Console

from tests.benchmarks import report, throughput


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure Cadran against others, on a real Kafka.")
    parser.add_argument("--events", type=int, default=300_000, help="orders to consume")
    parser.add_argument("--without", action="append", default=[], choices=throughput.PEERS, help="leave a peer out")
    parser.add_argument("--out", type=Path, default=Path(".local/bench.json"), help="the file to write")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)  # a topic that was just made has no leader for a moment
    peers = [name for name in throughput.PEERS if name not in arguments.without]
    console = Console(width=180)
    rows = []
    for measured in throughput.measure(arguments.events, peers):
        console.print(f"{measured.name}: {measured.events_per_s:,.0f} events/s")
        rows.append(measured)
    console.print(report.throughput_table(rows))
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_bytes(msgspec.json.format(msgspec.json.encode(report.document(arguments.events, rows, []))))


if __name__ == "__main__":
    main()
