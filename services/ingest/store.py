"""Marks of the events that Kafka has acknowledged, kept in Redis for seven days.

They spare Kafka what is sent again, and tell a sender that gave one id to two different events. Correctness never rests
on them: no mark, or no Redis, and the event is published again, which every fold takes as one.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.common.events import Event
from services.common.keys import SEEN
from services.common.logging import get_logger

log = get_logger(__name__)

KEPT = timedelta(days=7)
PATIENCE = 1.0
"""Seconds to wait for Redis before going on without marks."""

EventName = tuple[str, str, str]
"""Namespace, source and id: what names an event."""


def name_of(event: Event, namespace: str) -> EventName:
    return namespace, event.source, event.id


class Marks:
    """Which events were published, and with what content."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    async def fingerprints(self, names: Sequence[EventName]) -> dict[EventName, str]:
        """The fingerprint that each of these events was published with; those that are not known are left out."""
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._redis.mget([_key(name) for name in names])
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("marks cannot be read: what is sent again is published again", error=repr(error))
            return {}
        return {name: str(mark) for name, mark in zip(names, found, strict=True) if mark is not None}

    async def remember(self, fingerprints: Mapping[EventName, str]) -> None:
        """Mark events as published. Call it only after Kafka has acknowledged them."""
        try:
            async with asyncio.timeout(PATIENCE), self._redis.pipeline(transaction=False) as pipeline:
                for name, fingerprint in fingerprints.items():
                    pipeline.set(_key(name), fingerprint, ex=KEPT)
                await pipeline.execute()
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("marks cannot be written: what is sent again is published again", error=repr(error))


def _key(name: EventName) -> str:
    digest = blake2b("\0".join(name).encode(), digest_size=12).hexdigest()
    return f"{SEEN}:{digest}"
