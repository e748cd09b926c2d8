"""A topic of orders to measure on: a shop chain's day at full speed, the same for everyone who is measured."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec
from aiokafka import AIOKafkaProducer

from services.common.events import Event, encode, parse
from services.common.topics import Topic

ZONE = ZoneInfo("Europe/Paris")
SPAN = timedelta(hours=2)
STORES, REPS_OF_A_STORE, SKUS = 8, 4, 400
REGIONS = ("north", "east", "south", "west")
CHUNK = 5000


def orders(count: int, *, until: datetime, seed: int = 7) -> Iterator[Event]:
    """Orders of one to four lines, in the order of their time, evenly over the two hours before a moment."""
    random = Random(seed)
    for number in range(count):
        store = random.randrange(STORES)
        yield _order(number, until - SPAN + SPAN * number / count, store, random)


def _order(number: int, time: datetime, store: int, random: Random) -> Event:
    lines = [
        {
            "sku": f"SKU-{random.randrange(SKUS):03}",
            "quantity": random.randint(1, 3),
            "gross_minor": random.randint(100, 99_999),
            "discount_minor": random.randint(0, 99),
        }
        for _ in range(random.choices((1, 2, 3, 4), (50, 30, 15, 5))[0])
    ]
    data = {
        "channel": "online" if store == 0 else "store",
        "currency": "EUR",
        "customer_id": f"c-{random.randrange(50_000)}",
        "lines": lines,
        "region": REGIONS[store % 4],
        "rep_id": f"rep-{store}{random.randrange(REPS_OF_A_STORE)}",
        "store_id": f"store-{store}",
    }
    sent = {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "/bench",
        "type": "order.placed",
        "subject": f"O-{number:08}",
        "time": time.isoformat(),
        "data": data,
    }
    return parse(msgspec.json.encode(sent), receivedat=datetime.now(UTC), zone=ZONE)


async def fill(servers: str, events: Iterator[Event]) -> int:
    """Publish events to the topic of orders, keyed as the gateway keys them; returns how many."""
    count = 0
    async with AIOKafkaProducer(bootstrap_servers=servers, linger_ms=20, max_batch_size=256 * 1024) as producer:
        pending: list[asyncio.Future[object]] = []
        for event in events:
            pending.append(await producer.send(Topic.ORDERS, encode(event), key=event.subject.encode()))
            count += 1
            if len(pending) == CHUNK:
                await asyncio.gather(*pending)
                pending.clear()
        await asyncio.gather(*pending)
    return count
