"""What one person may have at once."""

import asyncio

import pytest

from services.board.shares import Shares
from services.common.errors import TooManyRequests


async def hold(shares: Shares, person: str, until: asyncio.Event, having: list[str]) -> None:
    async with shares.of(person):
        having.append(person)
        await until.wait()


async def test_who_asks_for_much_waits_alone() -> None:
    shares, until, having = Shares(2, 3), asyncio.Event(), list[str]()
    tasks = [asyncio.create_task(hold(shares, "ana", until, having)) for _ in range(5)]
    tasks.append(asyncio.create_task(hold(shares, "bob", until, having)))
    await asyncio.sleep(0.01)
    assert sorted(having) == ["ana", "ana", "bob"]
    with pytest.raises(TooManyRequests):
        await hold(shares, "ana", until, having)
    until.set()
    await asyncio.gather(*tasks)
    assert sorted(having) == ["ana"] * 5 + ["bob"]


async def test_who_goes_leaves_their_place() -> None:
    shares, until, having = Shares(1, 0), asyncio.Event(), list[str]()
    holding = asyncio.create_task(hold(shares, "ana", until, having))
    await asyncio.sleep(0.01)
    holding.cancel()
    await asyncio.wait([holding])
    until.set()
    await hold(shares, "ana", until, having)
    assert having == ["ana", "ana"]
    assert not shares._turns
    assert not shares._asked
