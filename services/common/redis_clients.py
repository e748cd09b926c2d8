"""Clients of Redis: of one server, or of a cluster where the URL begins with `redis+cluster` (or `rediss+cluster`).

A cluster's client is used as a server's is. It knows no transactions over several shards, and Cadran has none.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import redis
import redis.asyncio
import redis.cluster
from redis.crc import key_slot
from redis.maint_notifications import MaintNotificationsConfig

from services.common.redis_access import RedisAccess


class AsyncCluster(redis.asyncio.RedisCluster):
    """A cluster whose MGET takes keys of any slots."""

    async def mget(self, keys: Any, *args: Any) -> Any:
        return await self.mget_nonatomic(keys, *args)


def async_redis(access: RedisAccess, **options: Any) -> redis.asyncio.Redis:
    """A client for a service's event loop.

    While redis-py listens for a managed Redis's notices, which is its default, its pool hands out connections that the
    server closed long ago: after a failover every one of them would cost a caller its turn.
    """
    options["maint_notifications_config"] = MaintNotificationsConfig(enabled=False)
    options |= access.options()
    if not access.is_cluster:
        return redis.asyncio.Redis.from_url(access.url, **options)
    cluster: Any = AsyncCluster.from_url(access.server_url, **options)
    return cluster  # type: ignore[no-any-return]


def blocking_redis(access: RedisAccess, **options: Any) -> redis.Redis:
    """A client for commands, and for what comes before a service begins."""
    options |= access.options()
    if not access.is_cluster:
        return redis.Redis.from_url(access.url, **options)
    cluster: Any = redis.cluster.RedisCluster.from_url(access.server_url, **options)
    return cluster  # type: ignore[no-any-return]


def servers(client: redis.Redis) -> Iterator[redis.Redis]:
    """A client of every server that holds keys."""
    if not isinstance(client, redis.cluster.RedisCluster):
        yield client
        return
    for node in client.get_primaries():
        yield client.get_redis_connection(node)


def scriptable(client: redis.asyncio.Redis, keys: Iterable[str]) -> Iterator[list[str]]:
    """Keys in groups that one script may take: all of them on a server, those of a slot on a cluster."""
    if not isinstance(client, redis.asyncio.RedisCluster):
        yield list(keys)
        return
    by_slot: dict[int, list[str]] = {}
    for key in keys:
        by_slot.setdefault(key_slot(key.encode()), []).append(key)
    yield from by_slot.values()
