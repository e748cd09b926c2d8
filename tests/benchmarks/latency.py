"""`make bench-latency`: how long an event takes from accepted to visible in the read API, on a stack of its own.

Single events are posted at a steady rate, whatever the answers take (an open loop: a slow answer delays no other).
To see which events a reader's answer holds, and not only how many, each order adds a power of two to the sales of its
group's own day: the day's amount is the set of its orders.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import httpx

from services.common.settings import Port
from tests.support.events import cloud_event, line
from tests.support.stack import RunningStack, running_stack

BITS = 39
"""Orders to a group: 2^39 lies within the amounts that the contract takes."""

FIRST_DAY = date(2001, 1, 1)
CONNECTIONS, KEEP_ALIVE = 64, 30.0
PATIENCE = 30.0
READ_PAUSE = 0.05
WARM_SECONDS = 5.0
"""Orders of the first seconds after a cold start are sent and left out of the figures."""
PERCENTILES = (50, 90, 95, 99, 99.9)
STEPS_MS = (5, 10, 20, 50, 100, 200, 300, 400, 500, 750, 1000, 2000, 5000)
BAR = 40


class Order(NamedTuple):
    """An order of the run: its group's day, and its bit in that day's amount."""

    day: date
    bit: int


class Clock(NamedTuple):
    """When each order was accepted, and when a reader first saw it (seconds of one monotonic clock)."""

    accepted: dict[Order, float]
    seen: dict[Order, float]


def order_of(number: int) -> Order:
    return Order(FIRST_DAY + timedelta(days=number // BITS), number % BITS)


async def send_all(client: httpx.AsyncClient, clock: Clock, *, rate: float, count: int) -> None:
    """Post `count` orders, `rate` a second."""
    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
            group.create_task(_send(client, clock, number))


async def _send(client: httpx.AsyncClient, clock: Clock, number: int) -> None:
    order = order_of(number)
    moment = f"{order.day.isoformat()}T12:00:00Z"
    event = cloud_event(
        "order.placed", f"b{number}", moment, channel="online", currency="EUR", lines=[line(1 << order.bit)]
    )
    response = await client.post("/v1/events", json=event)
    response.raise_for_status()
    clock.accepted[order] = time.perf_counter()


async def watch(client: httpx.AsyncClient, clock: Clock, count: int) -> None:
    """Read the days that are not complete, over and over, and note when each order is first seen."""
    deadline = time.perf_counter() + PATIENCE
    complete = 0
    while len(clock.seen) < count:
        begun = len(clock.accepted)
        first, last = FIRST_DAY + timedelta(days=complete), order_of(max(0, begun - 1)).day + timedelta(days=1)
        query = {"from": first.isoformat(), "to": last.isoformat(), "step": "day"}
        response = await client.get("/v1/kpis/sales/series", params=query)
        response.raise_for_status()
        now = time.perf_counter()
        for point in response.json()["rows"][0]["points"]:
            _note(clock, date.fromisoformat(point["at"]), point["measures"]["gross_minor"], now)
        while all(order_of(complete * BITS + bit) in clock.seen for bit in range(BITS)):
            complete += 1
        if len(clock.accepted) < count or len(clock.seen) > begun:
            deadline = now + PATIENCE
        if now > deadline:
            sys.exit(f"{count - len(clock.seen)} orders were accepted and not seen within {PATIENCE:.0f} s")
        await asyncio.sleep(READ_PAUSE)


def _note(clock: Clock, day: date, amount: int, now: float) -> None:
    for bit in range(BITS):
        if amount >> bit & 1:
            clock.seen.setdefault(Order(day, bit), now)


async def measure(stack: RunningStack, *, rate: float, count: int) -> list[float]:
    """Seconds from accepted to seen, of every order but those that warm the stack."""
    clock = Clock({}, {})
    headers = {"Authorization": f"Bearer {stack.key}"}
    limits = httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEEP_ALIVE)
    async with (
        httpx.AsyncClient(base_url=stack.url(Port.INGEST), headers=headers, limits=limits, timeout=30) as ingest,
        httpx.AsyncClient(base_url=stack.url(Port.EXPORTER), headers=headers, timeout=30) as reader,
    ):
        await ingest.get("/readyz")
        watching = asyncio.create_task(watch(reader, clock, count))
        await send_all(ingest, clock, rate=rate, count=count)
        await watching
    measured = (order_of(number) for number in range(round(WARM_SECONDS * rate), count))
    return sorted(max(0.0, clock.seen[order] - clock.accepted[order]) for order in measured)


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest rank: the smallest value that so many percent do not exceed."""
    rank = -(-len(values) * percent // 100)
    return values[max(0, int(rank) - 1)]


def report(seconds: Sequence[float], rate: float) -> str:
    """The distribution, in words and bars."""
    load = os.getloadavg()[0]
    lines = [f"{len(seconds):,} events at {rate:g}/s: from accepted to visible in the read API (load {load:.1f})"]
    lines += [f"  p{percent:<5g}{percentile(seconds, percent) * 1000:>8.0f} ms" for percent in PERCENTILES]
    lines += [f"  {'max':<6}{seconds[-1] * 1000:>8.0f} ms", ""]
    before = 0
    for step in STEPS_MS:
        upto = sum(value * 1000 <= step for value in seconds)
        lines.append(f"  to {step:>5} ms {upto - before:>8,}  {'#' * round((upto - before) / len(seconds) * BAR)}")
        before = upto
        if upto == len(seconds):
            break
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how long an event takes from accepted to visible.")
    parser.add_argument("--rate", type=float, default=200, help="events a second")
    parser.add_argument("--seconds", type=float, default=30, help="for how long")
    arguments = parser.parse_args()
    count = round(arguments.rate * (WARM_SECONDS + arguments.seconds))
    with running_stack() as stack:
        print(report(asyncio.run(measure(stack, rate=arguments.rate, count=count)), arguments.rate))


if __name__ == "__main__":
    main()
