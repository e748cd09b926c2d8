"""`make bench-traces`: what traces take of the gateway's throughput: none, and a share of them kept, in turns.

Single events, by as many connections as keep the gateway busy. The ratio is of the medians over all rounds.
"""

import argparse
from statistics import median

from services.common.auth import KeyRing, Scope
from tests.benchmarks.ingest import GATEWAY, SINGLE_CONNECTIONS, single, taken
from tests.support.collector import running_collector
from tests.support.stack import running_servers

SHARE = "0.01"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what traces take of the gateway's throughput.")
    parser.add_argument("--events", type=int, default=20_000, help="of a turn")
    parser.add_argument("--rounds", type=int, default=3, help="of a turn each")
    arguments = parser.parse_args()
    rates: dict[str, list[float]] = {"none": [], "kept": []}
    with running_servers() as stack, running_collector() as collector:
        key = KeyRing(stack.settings.api_keys_file).create("bench", (Scope.WRITE_EVENTS,), namespace="")
        settings = {"none": {}, "kept": {"CADRAN_TRACES": collector.url, "CADRAN_TRACES_SHARE": SHARE}}
        for number in range(arguments.rounds):
            for name in ("none", "kept") if number % 2 else ("kept", "none"):
                load = single(f"{name}{number}", key, arguments.events, SINGLE_CONNECTIONS)
                done = taken(stack, load, name, GATEWAY, **settings[name])
                rates[name].append(done.events / done.seconds)
                print(f"traces {name}: {rates[name][-1]:,.0f} events/s", flush=True)
        print(f"with {SHARE} of traces kept / without: {median(rates['kept']) / median(rates['none']):.2f}")
        print(f"{len(collector.spans):,} spans came")


if __name__ == "__main__":
    main()
