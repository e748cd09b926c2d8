"""What is measured on: histories, the same for everyone who is measured."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from aiokafka import AIOKafkaProducer

from services.common.calendar import public_holidays
from services.common.events import EVENT_TYPES, encode, parse
from services.common.publisher import Message
from services.common.topics import Topic
from services.simulator.service import Company

ZONE = ZoneInfo("Europe/Paris")
BUSY, SPARSE = timedelta(hours=2), timedelta(days=400)
STORES, REPS_OF_A_STORE, SKUS = 8, 4, 400
REGIONS = ("north", "east", "south", "west")
CHUNK = 5000
EVENTS_OF_A_DAY = 400
"""The simulated company sends more than that on most days."""

Sent = dict[str, Any]
"""A structured CloudEvent, as a sender sends it."""


def orders(number: int, *, until: datetime, over: timedelta, name: str = "O", seed: int = 7) -> Iterator[Sent]:
    """Orders of one to four lines, in the order of their time, evenly over the time before a moment."""
    random = Random(seed)
    for place in range(number):
        yield _order(f"{name}-{place:08}", until - over + over * place / number, random)


def _order(name: str, time: datetime, random: Random) -> Sent:
    store = random.randrange(STORES)
    lines = [
        {
            "sku": f"SKU-{random.randrange(SKUS):03}",
            "quantity": random.randint(1, 3),
            "gross_minor": random.randint(100, 99_999),
            "discount_minor": random.randint(0, 99),
        }
        for _ in range(random.choices((1, 2, 3, 4), (50, 30, 15, 5))[0])
    ]
    return {
        "specversion": "1.0",
        "id": f"e-{name}",
        "source": "/bench",
        "type": "order.placed",
        "subject": name,
        "time": time.isoformat(),
        "data": {
            "channel": "online" if store == 0 else "store",
            "currency": "EUR",
            "customer_id": f"c-{random.randrange(50_000)}",
            "lines": lines,
            "region": REGIONS[store % 4],
            "rep_id": f"rep-{store}{random.randrange(REPS_OF_A_STORE)}",
            "store_id": f"store-{store}",
        },
    }


def mixed(number: int, *, until: datetime) -> Iterator[Sent]:
    """Events of every type that is consumed, as the simulated company sends them."""
    today = until.astimezone(ZONE).date()
    first = today - timedelta(days=2 + number // EVENTS_OF_A_DAY)
    company = Company(seed=7, first=first, today=today, zone=ZONE, is_holiday=public_holidays("FR").__contains__)
    return islice((happening.event for happening in company.until(until)), number)


NAMES = frozenset({"customer_id", "lead_id", "offer_id"})


def orders_of(history: Iterable[Sent]) -> Iterator[Sent]:
    """What a history says of orders."""
    return (sent for sent in history if EVENT_TYPES[sent["type"]].topic is Topic.ORDERS)


def unnamed(history: Iterable[Sent]) -> Iterator[Sent]:
    """The same orders, which name nobody whom they would have to tell."""
    return ({**sent, "data": _without_names(sent["data"])} for sent in history)


def _without_names(data: Mapping[str, Any]) -> dict[str, Any]:
    kept = {field: value for field, value in data.items() if field not in NAMES}
    return {**kept, "lines": [_without_names(line) for line in data["lines"]]} if "lines" in data else kept


def message(sent: Sent) -> Message:
    """The record that the gateway makes of an event."""
    event = parse(msgspec.json.encode(sent), receivedat=datetime.now(UTC), zone=ZONE)
    return Message(EVENT_TYPES[event.type].topic, event.subject.encode(), encode(event))


async def _publish(servers: str, messages: Iterable[Message]) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=servers, enable_idempotence=True, linger_ms=20, max_batch_size=256 * 1024
    ) as producer:
        pending: list[asyncio.Future[object]] = []
        for each in messages:
            pending.append(await producer.send(each.topic, each.value, key=each.key))
            if len(pending) == CHUNK:
                await asyncio.gather(*pending)
                pending.clear()
        await asyncio.gather(*pending)


def publish(servers: str, messages: Iterable[Message]) -> None:
    """Append records to their topics."""
    asyncio.run(_publish(servers, messages))
