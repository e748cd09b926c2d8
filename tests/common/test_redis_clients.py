"""Clients of Redis, against a real one."""

import asyncio

from services.common.redis_access import RedisAccess
from services.common.redis_clients import async_redis
from tests.support.redis import running_redis

CONNECTIONS = 4


async def test_connections_that_redis_closed_are_not_handed_out() -> None:
    """As after a failover: otherwise each costs a batch or a check of positions its turn."""
    with running_redis() as url:
        client, other = async_redis(RedisAccess(url)), async_redis(RedisAccess(url))
        await asyncio.gather(*(client.ping() for _ in range(CONNECTIONS)))

        await other.client_kill_filter(_type="normal", skipme=True)
        await asyncio.sleep(0.2)  # the ends of the connections arrive

        assert await asyncio.gather(*(client.ping() for _ in range(CONNECTIONS))) == [True] * CONNECTIONS
        await client.aclose()
        await other.aclose()
