"""Standing in line for a host."""

import asyncio
import time
from itertools import pairwise

import pytest

from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.terms import FetchSettings
from services.pricing_watch.fetching.turns import Turns


def turns(**settings: object) -> Turns:
    return Turns(FetchSettings(**{"contact": "x", "per_host_delay": 0.02, **settings}))


async def ask(line: Turns, host: str, begun: list[float] | None = None, status: int = 200) -> None:
    async with line.turn(host) as turn:
        if begun is not None:
            begun.append(time.monotonic())
        turn.answered(status, None)


async def test_many_at_once_go_one_after_the_other_in_the_order_they_came() -> None:
    line, order = turns(), []

    async def numbered(number: int) -> None:
        async with line.turn("a"):
            order.append((number, time.monotonic()))
            await asyncio.sleep(0.005)

    await asyncio.gather(*map(numbered, range(8)))
    assert [number for number, _ in order] == list(range(8))
    assert all(later - earlier >= 0.02 for (_, earlier), (_, later) in pairwise(order))


async def test_hosts_do_not_wait_for_each_other() -> None:
    line = turns(per_host_delay=1000.0)
    async with asyncio.timeout(60):
        await asyncio.gather(*(ask(line, f"host-{number}") for number in range(100)))


async def test_more_than_one_at_once_where_that_is_allowed() -> None:
    line, both = turns(per_host_delay=0.0, per_host_concurrency=2), asyncio.Barrier(2)

    async def meeting() -> None:
        async with line.turn("a"):
            await both.wait()

    async with asyncio.timeout(60):
        await asyncio.gather(*(meeting() for _ in range(6)))


async def test_who_would_wait_too_long_is_told_when_to_come_back() -> None:
    line = turns(per_host_delay=10.0, patience=25.0)
    await ask(line, "a")
    waiting = [asyncio.create_task(ask(line, "a")) for _ in range(5)]
    done, pending = await asyncio.wait(waiting, timeout=0.1)
    faults = [task.exception() for task in done]
    assert len(pending) == 3
    assert all(isinstance(fault, FetchFault) and fault.kind is Fault.HOST_RESTING for fault in faults)
    assert all(fault.retry_after >= 25.0 for fault in faults)  # type: ignore[union-attr]
    for task in pending:
        task.cancel()
    await asyncio.wait(pending)


async def test_a_host_that_asks_for_an_hour_is_not_waited_for() -> None:
    line = turns()
    async with line.turn("a") as turn:
        turn.answered(429, 3600.0)
    with pytest.raises(FetchFault) as raised:
        await ask(line, "a")
    assert raised.value.retry_after == pytest.approx(3600.0, abs=60)


async def test_those_in_line_are_sent_away_when_the_breaker_opens() -> None:
    line = turns(per_host_delay=0.0, breaker_threshold=2)
    asked = await asyncio.gather(*(ask(line, "a", status=500) for _ in range(10)), return_exceptions=True)
    assert asked[:2] == [None, None]
    assert {type(each) for each in asked[2:]} == {FetchFault}
    assert {each.kind for each in asked[2:]} == {Fault.HOST_RESTING}  # type: ignore[union-attr]


async def test_a_host_that_recovers_is_asked_again() -> None:
    line, begun = turns(per_host_delay=0.0, breaker_threshold=2, breaker_rest=0.05), []
    for status in (500, 500):
        await ask(line, "a", begun, status)
    with pytest.raises(FetchFault):
        await ask(line, "a", begun)
    await asyncio.sleep(0.05)
    await asyncio.gather(*(ask(line, "a", begun) for _ in range(5)))
    assert begun[2] - begun[1] >= 0.05
    assert len(begun) == 7


@pytest.mark.parametrize("kind", [Fault.TIMEOUT, Fault.UNREACHABLE, Fault.TLS, Fault.SERVER])
async def test_faults_of_the_host_open_the_breaker(kind: Fault) -> None:
    line = turns(per_host_delay=0.0, breaker_threshold=1)
    with pytest.raises(FetchFault):
        async with line.turn("a"):
            raise FetchFault(kind, "it fails")
    with pytest.raises(FetchFault, match="not asked"):
        await ask(line, "a")


async def test_who_gives_up_in_line_holds_nobody_up() -> None:
    line = turns()
    async with line.turn("a"):
        impatient = asyncio.create_task(ask(line, "a"))
        await asyncio.sleep(0.01)
        impatient.cancel()
        await asyncio.wait([impatient])
    async with asyncio.timeout(60):
        await ask(line, "a")


async def test_hosts_that_nobody_asks_are_forgotten() -> None:
    line = turns(per_host_delay=0.0, max_hosts=10)
    for number in range(1000):
        await ask(line, f"host-{number}")
    assert len(line._lines) == 10


async def test_a_host_that_asked_us_to_wait_is_not_forgotten() -> None:
    line = turns(per_host_delay=0.0, max_hosts=10)
    async with line.turn("strict") as turn:
        turn.answered(429, 3600.0)
    for number in range(100):
        await ask(line, f"host-{number}")
    with pytest.raises(FetchFault):
        await ask(line, "strict")
