from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis

from tests.support.redis import running_redis


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The URL of a real Redis."""
    with running_redis() as found:
        yield found


@pytest.fixture
async def redis(url: str) -> AsyncIterator[Redis]:
    """A client of it, with nothing in it."""
    client = Redis.from_url(url)
    await client.flushall()
    yield client
    await client.aclose()
