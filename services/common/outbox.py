"""Events on their way to Kafka: written with what they tell, sent again until acknowledged, then forgotten.

An event that is sent twice has the same id and content, and every fold of the stream takes it as one.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy import Connection, delete, func, insert, select

from services.common.database import Database
from services.common.errors import Unavailable
from services.common.events import EVENT_TYPES, Event, decode, encode
from services.common.logging import get_logger
from services.common.publisher import Message, Publisher
from services.common.tables import OUTBOX
from services.common.topics import Topic
from services.common.windows import utc_now

log = get_logger(__name__)

MOST_AT_ONCE = 500
LEAST_PAUSE, MOST_PAUSE = 0.5, 10.0
LOOK_AGAIN = 5.0
"""Seconds after which the table is looked at without being told: another process may have written to it."""


def put(connection: Connection, events: Iterable[Event]) -> None:
    """Write events down, in the transaction of what they tell."""
    rows = [
        {"topic": EVENT_TYPES[event.type].topic, "key": event.subject.encode(), "value": encode(event)}
        for event in events
    ]
    if rows:
        connection.execute(insert(OUTBOX), rows)


class OutboxMetrics:
    """What a service tells Prometheus of its outbox."""

    def __init__(self, service: str, registry: CollectorRegistry) -> None:
        self.waiting = Gauge(
            f"cadran_{service}_outbox_events", "Events written and not yet acknowledged by Kafka", registry=registry
        )
        self.lag = Gauge(
            f"cadran_{service}_outbox_lag_seconds", "How long the oldest of them has been waiting", registry=registry
        )
        self.sent = Counter(f"cadran_{service}_events_sent", "Events that Kafka has acknowledged", registry=registry)


class _Waiting(NamedTuple):
    """How many events are here, and when the oldest was written."""

    events: int
    since: datetime | None


class Outbox:
    """Sends what is written down."""

    def __init__(self, database: Database, publisher: Publisher, metrics: OutboxMetrics) -> None:
        self._database = database
        self._publisher = publisher
        self._metrics = metrics
        self._written = asyncio.Event()

    def written(self) -> None:
        """Say that something was written, so that it leaves at once."""
        self._written.set()

    async def count(self) -> None:
        """Tell how many events are here, and for how long.

        :raises Unavailable: when the database does not answer.
        """
        waiting = await self._database.read(_waiting)
        self._metrics.waiting.set(waiting.events)
        self._metrics.lag.set((utc_now() - waiting.since).total_seconds() if waiting.since else 0)

    async def run(self) -> None:
        """Send for ever; when Kafka or the database does not answer, try again ever more slowly."""
        pause = LEAST_PAUSE
        while True:
            self._written.clear()
            try:
                while await self._send_some():
                    pause = LEAST_PAUSE
            except Unavailable as error:
                log.warning("events wait in the outbox", error=error.message)
                await asyncio.sleep(pause)
                pause = min(pause * 2, MOST_PAUSE)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN):  # not wait_for, which may swallow being cancelled
                    await self._written.wait()

    async def _send_some(self) -> int:
        rows = await self._database.read(_oldest)
        await self.count()
        if rows:
            await self._publisher.publish([Message(Topic(topic), key, value) for _, topic, key, value in rows])
            await self._database.write(lambda connection: _forget(connection, [row[0] for row in rows]))
            self._metrics.sent.inc(len(rows))
        return len(rows)


def _oldest(connection: Connection) -> Sequence[tuple[int, str, bytes, bytes]]:
    query = select(OUTBOX.c.id, OUTBOX.c.topic, OUTBOX.c.key, OUTBOX.c.value).order_by(OUTBOX.c.id)
    return [tuple(row) for row in connection.execute(query.limit(MOST_AT_ONCE))]


def waiting_events(connection: Connection) -> int:
    """How many events are here: they leave in their order, so their numbers tell. Counting a million would take half a
    second. PostgreSQL leaves out a number now and then, so there may be a few less.
    """
    oldest, newest = connection.execute(select(func.min(OUTBOX.c.id), func.max(OUTBOX.c.id))).one()
    return 0 if oldest is None else int(newest - oldest) + 1


def _waiting(connection: Connection) -> _Waiting:
    oldest = connection.execute(select(OUTBOX.c.value).order_by(OUTBOX.c.id).limit(1)).scalar()
    return _Waiting(waiting_events(connection), decode(oldest).receivedat if oldest else None)


def _forget(connection: Connection, ids: Sequence[int]) -> None:
    connection.execute(delete(OUTBOX).where(OUTBOX.c.id.in_(ids)))
