"""Tries to sign in that fail, and that come together."""

import asyncio

from services.board.sign_in_pages import AT_ONCE, Tries
from services.common.errors import TooManyRequests, Unauthenticated


async def test_tries_that_come_together_are_no_way_around_the_limit() -> None:
    tries, looked_at = Tries(), 0

    async def guess() -> None:
        nonlocal looked_at
        async with tries.trying("director", "198.51.100.7"):
            looked_at += 1
            await asyncio.sleep(0.001)
            raise Unauthenticated("wrong")

    told = await asyncio.gather(*(guess() for _ in range(200)), return_exceptions=True)
    assert 10 <= looked_at < 10 + AT_ONCE
    assert sum(isinstance(error, TooManyRequests) for error in told) == 200 - looked_at


async def test_who_signs_in_at_once_is_not_counted_and_others_are_let_in_from_elsewhere() -> None:
    tries = Tries()
    for _ in range(100):
        async with tries.trying("director", "198.51.100.7"):
            pass
    for _ in range(10):
        await tries.note("director", "198.51.100.7")
    async with tries.trying("director", "203.0.113.9"):
        pass
