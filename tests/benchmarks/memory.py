"""`make bench-memory`: what orders and cells take of a Redis that is set as `deploy/redis/redis.conf` sets it.

The product's processor and store fill a real Redis; what Kafka would hand over comes from lists. Orders are told by
lines, and by how many share a hash (what `CADRAN_ENTITY_HASHES` decides): a hash is packed up to 512 entries.
Beside it: how long the worker and Redis work on an order.
"""

import asyncio
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

import msgspec
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from services.common.events import Event, encode
from services.common.publisher import Message
from services.common.topics import Topic
from services.kpi_stream.live_state import prepare
from services.kpi_stream.measures import BY_DAY, BY_HOUR, BY_MONTH
from services.kpi_stream.state_version import StateVersion
from tests.support.engine import STATE
from tests.support.events import RECEIVED, event, line
from tests.support.redis import running_redis
from tests.support.remote import Servers, Worker

SET_AS_DEPLOYED = ("--hash-max-listpack-entries", "512", "--hash-max-listpack-value", "1024")
TP = (Topic.ORDERS.value, 0)
ORDERS, WORKED = 10_240, 30_000
LINES = (1, 2, 3)
SHARING = (8, 32, 128, 384, 640)
"""Orders to a hash on average; the last is more than what stays packed."""

REPS, DAYS = 20, 90
BATCH = 5000
TARGET = 150
"""Bytes that an order entity of up to three lines may take."""


class Taken(NamedTuple):
    """Bytes for each order, and how long Redis takes to read one (microseconds)."""

    packed: float
    entity: float
    index: float
    all: float
    read_us: float


def order(number: int, lines: int) -> Event:
    """An order as a shop sends it, without a lead."""
    name = f"{100_000 + number}-FR"  # the ends are alike, so that neighbours do not share a hash by their ids
    sold = [line(4900 + number % 977, sku=f"CHAIR-{i:02}", quantity=1 + number % 2) for i in range(lines)]
    place = {"channel": "store", "store_id": "lyon", "region": "east", "rep_id": f"r{number % 12:02}"}
    sold_at = RECEIVED - timedelta(seconds=number % 3600)
    kept = [{key: value for key, value in each.items() if value} for each in sold]
    return event("order.placed", name, sold_at, event_id=f"{name}-0", currency="EUR", lines=kept, **place)


def sales_by_rep() -> Iterator[Event]:
    """Each rep sells something in ten hours of every day."""
    for day in range(DAYS):
        for rep in range(REPS):
            for hour in range(10):
                sold_at = RECEIVED - timedelta(days=day, hours=hour)
                sold = {"channel": "store", "currency": "EUR", "lines": [line(4900, discount=500)], "rep_id": f"r{rep}"}
                yield event("order.placed", f"{day}-{rep}-{hour}", sold_at, **sold)


async def fill(url: str, state: StateVersion, events: Iterable[Event]) -> None:
    """Have a worker apply events to an empty Redis."""
    with Redis.from_url(url) as client:
        client.flushall()
        prepare(client, state)
    async with AsyncRedis.from_url(url) as redis:
        kafka = Servers(redis, state)
        for each in events:
            kafka.append(Message(Topic.ORDERS, None, encode(each), TP[1]))
        worker = Worker(kafka)
        await worker.take_over([TP])
        await worker.work()
        while worker.waiting():
            await worker.fetch(TP, BATCH)
            await worker.work()
        await worker.crash()


def usage(redis: Redis, pattern: str) -> tuple[int, int]:
    """Bytes of the keys of a pattern, and how many there are."""
    keys = list(redis.scan_iter(match=pattern, count=1000))
    with redis.pipeline(transaction=False) as pipeline:
        for key in keys:
            pipeline.memory_usage(key, samples=0)
        return sum(pipeline.execute()), len(keys)


def of_orders(url: str, lines: int, sharing: int) -> Taken:
    """What an order takes where so many share a hash."""
    state = msgspec.structs.replace(STATE, partitions=1, entity_hashes=ORDERS // sharing)
    asyncio.run(fill(url, state, ()))
    with Redis.from_url(url) as redis:
        empty = redis.info("memory")["used_memory"]
        asyncio.run(fill(url, state, [order(number, lines) for number in range(ORDERS)]))
        total = redis.info("memory")["used_memory"] - empty
        keys = [key.decode() for key in redis.scan_iter(match="*:e:order:*", count=1000)]
        ids = [(key, name) for key in keys for name in redis.hkeys(key)]
        packed = sum(redis.hstrlen(*each) for each in ids[:100]) / 100
        redis.config_resetstat()
        for each in ids[:: len(ids) // 500]:
            redis.hget(*each)
        read_us = redis.info("commandstats")["cmdstat_hget"]["usec_per_call"]
        entity, index = usage(redis, "*:e:order:*")[0], usage(redis, "*:i:order:*")[0]
    return Taken(packed, entity / ORDERS, index / ORDERS, total / ORDERS, read_us)


def tell_orders(url: str) -> float:
    """Print the table; returns the best layout's bytes for an order of three lines."""
    print(f"an order, in bytes ({ORDERS:,} orders)\n")
    print(f"{'lines':>6}{'to a hash':>10}{'packed':>8}{'entity':>8}{'index':>7}{'all':>7}{'us to read':>12}")
    best = float("inf")
    for lines in LINES:
        for sharing in SHARING:
            taken = of_orders(url, lines, sharing)
            best = min(best, taken.entity) if lines == LINES[-1] else best
            print(
                f"{lines:>6}{sharing:>10}{taken.packed:>8.0f}{taken.entity:>8.0f}{taken.index:>7.0f}{taken.all:>7.0f}"
                f"{taken.read_us:>12.1f}"
            )
    return best


def tell_cells(url: str) -> None:
    """Print what the cells of a measure group take for each rep and day."""
    state = msgspec.structs.replace(STATE, partitions=1)
    asyncio.run(fill(url, state, sales_by_rep()))
    print(f"\nsales of a rep on a day with ten selling hours ({REPS} reps, {DAYS} days)\n")
    print(f"{'kept by':>10}{'bytes':>8}{'strings':>9}")
    with Redis.from_url(url) as redis:
        for name, resolution in (("hour", BY_HOUR), ("day", BY_DAY), ("month", BY_MONTH)):
            pattern = f"*:c:sales.EUR:rep:*:{resolution.letter}[0-9]*"
            size, strings = usage(redis, pattern)
            each = REPS * DAYS
            print(f"{name:>10}{size / each:>8.1f}{strings / each:>9.3f}")


def tell_work(url: str) -> None:
    """Print how long a core of the worker and of Redis works on an order; the worker's holds what stands for Kafka."""
    state = msgspec.structs.replace(STATE, partitions=1, entity_hashes=256)
    orders = [order(number, 2) for number in range(WORKED)]
    with Redis.from_url(url) as redis:
        before, begun = redis.info("cpu"), time.process_time()
        asyncio.run(fill(url, state, orders))
        worker, after = time.process_time() - begun, redis.info("cpu")
    server = sum(after[name] - before[name] for name in ("used_cpu_user", "used_cpu_sys"))
    us = [seconds / WORKED * 1e6 for seconds in (worker, server)]
    print(f"\nan order of two lines takes {us[0]:.0f} us of the worker and {us[1]:.0f} us of Redis")


def main() -> int:
    with running_redis(*SET_AS_DEPLOYED) as url:
        best = tell_orders(url)
        tell_cells(url)
        tell_work(url)
    print(f"\nan order of three lines takes {best:.0f} bytes at best; the target is {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
