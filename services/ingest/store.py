"""Marks of the events that Kafka has acknowledged, kept in Redis for seven days.

They spare Kafka what is sent again, and tell a sender that gave one id to two different events. Correctness never rests
on them: no mark, or no Redis, and the event is published again, which every fold takes as one.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisClusterException, RedisError

from services.common.events import Event
from services.common.keys import SEEN
from services.common.logging import get_logger
from services.common.redis_clients import scriptable
from services.ingest.coalescing import Coalesced

log = get_logger(__name__)

REMEMBER = Path(__file__).with_name("remember.lua").read_text()
KEPT = timedelta(days=7)
PATIENCE = 1.0
"""Seconds to wait for Redis before going on without marks."""

_pack = msgspec.msgpack.Encoder().encode

UNREACHABLE = (RedisError, RedisClusterException, OSError, TimeoutError)

PAUSE = 0.001
"""Seconds that a call waits for those of other requests: what a single event costs falls by a fifth."""


def mark_of(event: Event, namespace: str) -> str:
    """The key of an event's mark: namespace, source and id are what names an event."""
    name = f"{namespace}\0{event.source}\0{event.id}"
    return f"{SEEN}:{blake2b(name.encode(), digest_size=12).hexdigest()}"


class Marks:
    """Which events were published, and with what content."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._script = redis.register_script(REMEMBER)
        self._reads = Coalesced(self._read, pause=PAUSE)
        self._writes = Coalesced(self._write, pause=PAUSE)

    async def fingerprints(self, marks: Sequence[str]) -> dict[str, str]:
        """The fingerprint that each of these events was published with; those that are not known are left out."""
        found = await self._reads(marks) if marks else {}
        return {mark: found[mark] for mark in marks if mark in found}

    async def remember(self, fingerprints: Mapping[str, str]) -> None:
        """Mark events as published. Call it only after Kafka has acknowledged them."""
        if fingerprints:
            await self._writes(fingerprints.items())

    async def _read(self, marks: Sequence[str]) -> dict[str, str]:
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._redis.mget(marks)
        except UNREACHABLE as error:
            log.warning("marks cannot be read: what is sent again is published again", error=repr(error))
            return {}
        return {mark: str(known) for mark, known in zip(marks, found, strict=True) if known is not None}

    async def _write(self, fingerprints: Sequence[tuple[str, str]]) -> None:
        known, seconds = dict(fingerprints), int(KEPT.total_seconds())
        try:
            async with asyncio.timeout(PATIENCE):
                for marks in scriptable(self._redis, known):
                    await self._script(keys=marks, args=(seconds, _pack([known[mark] for mark in marks])))
        except UNREACHABLE as error:
            log.warning("marks cannot be written: what is sent again is published again", error=repr(error))
