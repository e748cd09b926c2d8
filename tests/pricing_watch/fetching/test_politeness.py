"""How we behave, as the shop's own log tells it. Delays are looked at from below only: a slow machine is no failure."""

import asyncio
from itertools import pairwise

import pytest
from starlette.responses import PlainTextResponse

from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.fetcher import Fetched, Fetcher
from services.simulator.shop.catalogue import COMPETITORS, range_of
from services.simulator.shop.request_log import Request
from tests.support.shop import CONTACT, HOST, RunningShop

DELAY = 0.1
UNHURRIED = {"per_host_delay": DELAY}
ON_THE_WAY = 0.05
"""Seconds that a request may be longer on its way than the next: the delay is kept where it leaves."""


async def fetch_all(fetcher: Fetcher, urls: list[str]) -> list[Fetched | BaseException]:
    return await asyncio.gather(*(fetcher.fetch(url) for url in urls), return_exceptions=True)


def gaps(requests: list[Request]) -> list[float]:
    """From the end of each answer to the beginning of the next request."""
    return [later.began - (earlier.ended or float("inf")) for earlier, later in pairwise(requests)]


async def test_a_whole_round_as_the_shops_see_it(shop: RunningShop) -> None:
    """All at once is asked of us; one after the other, with the delay between, is what each shop sees."""
    hosts = [f"{competitor.name}.test" for competitor in COMPETITORS]
    for host in hosts:
        shop.shop.robots[host] = PlainTextResponse("User-agent: *\nDisallow: /private/")
    urls = [
        shop.url(f"/{place}/{sku}", f"{competitor.name}.test")
        for competitor in COMPETITORS
        for sku in list(range_of(competitor))[:6]
        for place in ("products", "private")
    ]
    shop.shop._clock = lambda: 1_000_000.0
    async with shop.fetcher(*hosts, **UNHURRIED) as fetcher:
        first = await fetch_all(fetcher, urls)
        pages = [fetched for fetched in first if isinstance(fetched, Fetched)]
        asked = len(shop.requests())
        again = await asyncio.gather(*(fetcher.fetch(each.page.url, each.validators) for each in pages))

    forbidden = [fault.kind for fault in first if isinstance(fault, FetchFault)]
    assert forbidden.count(Fault.FORBIDDEN_BY_ROBOTS) == len(urls) // 2
    assert all(fetched.not_modified for fetched in again)
    requests = shop.requests()
    assert not [request for request in requests if "private" in request.path]
    assert {request.headers["user-agent"] for request in requests} == {f"CadranPriceWatch/0.1 (+{CONTACT})"}
    assert {request.headers["accept-encoding"] for request in requests} == {"gzip, br, zstd"}
    assert not [request for request in requests if "cookie" in request.headers]
    for host in hosts:
        seen = [request for request in requests if request.host.startswith(host)]
        assert seen[0].path == "/robots.txt"
        assert min(gaps(seen)) >= DELAY - ON_THE_WAY
    assert len(pages) > 20
    assert all("if-none-match" in request.headers and request.status == 304 for request in requests[asked:])


@pytest.mark.parametrize("rule", ["Crawl-delay: 0.4", "Request-rate: 5/2s"])
async def test_a_longer_delay_of_robots_txt_is_kept(shop: RunningShop, rule: str) -> None:
    shop.shop.robots[HOST] = PlainTextResponse(f"User-agent: *\n{rule}")
    async with shop.fetcher(**UNHURRIED) as fetcher:
        await fetch_all(fetcher, [shop.url("/odd/page")] * 3)
    assert min(gaps(shop.requests("/"))) >= 0.4 - ON_THE_WAY


async def test_the_delay_stands_between_redirects_too(shop: RunningShop) -> None:
    async with shop.fetcher(**UNHURRIED) as fetcher:
        await fetcher.fetch(shop.url("/odd/chain/4"))
    assert len(shop.requests("/odd/chain")) == 5
    assert min(gaps(shop.requests())) >= DELAY - ON_THE_WAY


@pytest.mark.parametrize("asked", ["after=1", "until=2"])
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_obeyed(shop: RunningShop, status: int, asked: str) -> None:
    """A date has no fractions of seconds, and the shop shows its clock to the second: two seconds are one to three."""
    async with shop.fetcher() as fetcher:
        with pytest.raises(FetchFault) as raised:
            await fetcher.fetch(shop.url(f"/odd/status/{status}?{asked}"))
        assert raised.value.retry_after is not None
        assert 1.0 <= raised.value.retry_after <= 3.0
        await fetcher.fetch(shop.url("/odd/page"))
    _, refused, answered = shop.requests()
    assert answered.began - (refused.ended or 0) >= 1.0


async def test_a_long_retry_after_is_told_and_nothing_is_sent(shop: RunningShop) -> None:
    async with shop.fetcher() as fetcher:
        for kind in (Fault.BLOCKED, Fault.HOST_RESTING):
            with pytest.raises(FetchFault) as raised:
                await fetcher.fetch(shop.url("/odd/status/429?after=7200"))
            assert raised.value.kind is kind
            assert raised.value.retry_after == pytest.approx(7200, abs=60)
    assert len(shop.requests("/odd/status")) == 1


async def test_failures_are_followed_by_pauses_that_double(shop: RunningShop) -> None:
    async with shop.fetcher(**UNHURRIED) as fetcher:
        await fetch_all(fetcher, [shop.url("/odd/status/500")] * 3 + [shop.url("/odd/page")])
    pauses = gaps(shop.requests("/odd"))
    assert [pause >= DELAY * 2**times for times, pause in enumerate(pauses, 1)] == [True] * 3


@pytest.mark.parametrize("status", [403, 429])
async def test_a_host_that_refuses_us_is_asked_more_slowly(shop: RunningShop, status: int) -> None:
    async with shop.fetcher(**UNHURRIED) as fetcher:
        await fetch_all(fetcher, [shop.url(f"/odd/status/{status}")] * 2)
        await fetch_all(fetcher, [shop.url("/odd/page")] * 3)
    after = gaps(shop.requests("/odd"))[-2:]
    assert after[0] >= 4 * DELAY * 0.9
    assert after[1] >= 4 * DELAY * 0.81


async def test_the_breaker_opens_and_one_probe_closes_it(shop: RunningShop) -> None:
    rest = 0.5
    flaky = shop.url("/odd/flaky/3/x")
    async with shop.fetcher(breaker_threshold=3, breaker_rest=rest) as fetcher:
        asked = await fetch_all(fetcher, [flaky] * 10)
        kinds = [fault.kind for fault in asked if isinstance(fault, FetchFault)]
        assert kinds == [Fault.SERVER] * 3 + [Fault.HOST_RESTING] * 7
        await asyncio.sleep(rest)
        assert not [each for each in await fetch_all(fetcher, [flaky] * 4) if isinstance(each, BaseException)]
    requests = shop.requests("/odd/flaky")
    assert [request.status for request in requests] == [503] * 3 + [200] * 4
    assert gaps(requests)[2] >= rest
