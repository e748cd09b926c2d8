"""Calls that share one: those made together, and those made while one is under way."""

import asyncio

import pytest
from redis.asyncio import Redis

from services.ingest.coalescing import Coalesced
from services.ingest.store import Marks
from tests.support.redis import running_redis


class Slow:
    """Doubles what it is asked for, once it is let go on."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.go_on = asyncio.Event()

    async def __call__(self, items: list[int]) -> dict[int, int]:
        self.calls.append(items)
        await self.go_on.wait()
        if 0 in items:
            raise ZeroDivisionError
        return {item: 2 * item for item in items}


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_is_asked_while_a_call_is_under_way_shares_the_next() -> None:
    slow = Slow()
    ask = Coalesced(slow, pause=0)
    first = asyncio.create_task(ask([1, 2]))
    await settled()
    others = [asyncio.create_task(ask([item])) for item in (3, 4)]
    await settled()
    slow.go_on.set()
    assert await first == {1: 2, 2: 4}
    assert [await other for other in others] == [{3: 6, 4: 8}] * 2
    assert slow.calls == [[1, 2], [3, 4]]


async def test_who_gives_up_does_not_take_the_others_call_away() -> None:
    slow = Slow()
    ask = Coalesced(slow, pause=0)
    impatient, patient = (asyncio.create_task(ask([item])) for item in (1, 2))
    await settled()
    impatient.cancel()
    slow.go_on.set()
    assert (await patient)[2] == 4
    assert impatient.cancelled()


async def test_an_error_goes_to_all_who_share_the_call_and_not_to_the_next() -> None:
    slow = Slow()
    slow.go_on.set()
    ask = Coalesced(slow, pause=0)
    shared = [asyncio.create_task(ask([item])) for item in (0, 1)]
    for each in shared:
        with pytest.raises(ZeroDivisionError):
            await each
    assert await ask([1]) == {1: 2}


async def test_marks_are_found_again_for_seven_days_and_only_those_asked_for() -> None:
    with running_redis() as url:
        async with Redis.from_url(url, decode_responses=True) as redis:
            marks = Marks(redis)
            await asyncio.gather(marks.remember({"a": "1"}), marks.remember({"b": "2", "c": "3"}), marks.remember({}))
            assert await marks.fingerprints(["c", "x", "a"]) == {"c": "3", "a": "1"}
            assert await marks.fingerprints([]) == {}
            assert [await redis.ttl(mark) for mark in "abc"] == [pytest.approx(7 * 24 * 3600, abs=60)] * 3


async def test_without_redis_nothing_is_known_and_nothing_fails() -> None:
    async with Redis.from_url("redis://127.0.0.1:1/0", decode_responses=True) as redis:
        marks = Marks(redis)
        await marks.remember({"a": "1"})
        assert await marks.fingerprints(["a"]) == {}
