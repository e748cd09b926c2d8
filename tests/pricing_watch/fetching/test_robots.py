"""robots.txt as RFC 9309 says, on a real server."""

import asyncio
import time
from datetime import timedelta

import pytest
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.fetcher import Fetcher
from tests.support.shop import HOST, RunningShop, resolve_test_names

FORBIDDEN = Fault.FORBIDDEN_BY_ROBOTS
KIB = 1024


async def outcome(fetcher: Fetcher, url: str) -> Fault | None:
    """The fault that a fetch ends with; none when the page is had."""
    try:
        await fetcher.fetch(url)
    except FetchFault as fault:
        return fault.kind
    return None


class Shifted:
    """A clock that can be put forward."""

    def __init__(self) -> None:
        self.by = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.by


@pytest.mark.parametrize(
    ("text", "is_allowed"),
    [
        ("", True),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: *\nDisallow: /", False),
        ("user-agent:*\ndisallow:/odd/", False),
        ("User-agent: *\nDisallow: /even/", True),
        ("User-agent: *\nDisallow: /odd/page$", False),
        ("User-agent: *\nDisallow: /od$", True),
        ("User-agent: *\nDisallow: /*/page", False),
        ("User-agent: *\nDisallow: /odd/%70age", False),
        # the longest rule decides, and Allow where two are alike
        ("User-agent: *\nDisallow: /\nAllow: /odd/", True),
        ("User-agent: *\nAllow: /odd/\nDisallow: /", True),
        ("User-agent: *\nAllow: /\nDisallow: /odd/page", False),
        ("User-agent: *\nDisallow: /odd/page\nAllow: /odd/page", True),
        # the group that names us decides alone, however it is written; several of them are one
        ("User-agent: CadranPriceWatch\nDisallow: /\n\nUser-agent: *\nAllow: /", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: cadranpricewatch\nAllow: /", True),
        ("User-agent: CADRANPRICEWATCH\nAllow: /odd/\n\nUser-agent: CadranPriceWatch\nDisallow: /odd/page", False),
        ("User-agent: Somebody\nUser-agent: CadranPriceWatch\nDisallow: /", False),
        ("User-agent: Somebody\nDisallow: /", True),
        ("User-agent: PriceWatch\nDisallow: /", True),
        # what can be read is read
        ("\ufeffUser-agent: *\nDisallow: /", False),
        ("<html><body>Not found</body></html>", True),
        ("Disallow: /\nUser-agent: *\nDisallow: /even/", True),
        ("User-agent: *\r\n\r\n# here it comes\r\nDisallow: /odd # all of it\r\n", False),
        ("nonsense\n\x00\x01\nUser-agent: *\nNoise: 1\nDisallow: /odd/", False),
        ("User-agent: *\nCrawl-delay: soon\nDisallow: /odd/", False),
        # 500 KiB are read at the least
        ("#" * (499 * KIB) + "\nUser-agent: *\nDisallow: /", False),
        ("#" * (501 * KIB) + "\nUser-agent: *\nDisallow: /", True),
    ],
)
async def test_what_is_written(shop: RunningShop, text: str, is_allowed: bool) -> None:
    shop.shop.robots[HOST] = PlainTextResponse(text)
    async with shop.fetcher() as fetcher:
        assert await outcome(fetcher, shop.url("/odd/page")) == (None if is_allowed else FORBIDDEN)
    assert len(shop.requests("/odd/page")) == is_allowed


@pytest.mark.parametrize(
    ("status", "is_allowed"),
    [
        (400, True),
        (401, True),
        (403, True),
        (404, True),
        (410, True),
        (429, False),
        (500, False),
        (502, False),
        (503, False),
        (599, False),
    ],
)
async def test_what_the_status_means(shop: RunningShop, status: int, is_allowed: bool) -> None:
    shop.shop.robots[HOST] = Response("User-agent: *\nDisallow: /", status_code=status)
    async with shop.fetcher() as fetcher:
        assert await outcome(fetcher, shop.url("/odd/page")) == (None if is_allowed else FORBIDDEN)
    assert len(shop.requests("/odd/page")) == is_allowed


async def test_a_file_in_latin_1(shop: RunningShop) -> None:
    shop.shop.robots[HOST] = Response("# für Größe\nUser-agent: *\nDisallow: /odd/".encode("latin-1"))
    async with shop.fetcher() as fetcher:
        assert await outcome(fetcher, shop.url("/odd/page")) is FORBIDDEN


async def test_redirects_are_followed_to_another_host(shop: RunningShop) -> None:
    shop.shop.robots[HOST] = RedirectResponse(shop.url("/robots.txt", "other.test"))
    shop.shop.robots["other.test"] = PlainTextResponse("User-agent: *\nDisallow: /odd/")
    async with shop.fetcher(HOST, "other.test") as fetcher:
        assert await outcome(fetcher, shop.url("/odd/page")) is FORBIDDEN


async def test_more_redirects_than_five_are_as_no_file(shop: RunningShop) -> None:
    shop.shop.robots[HOST] = RedirectResponse("/robots.txt")
    async with shop.fetcher() as fetcher:
        assert await outcome(fetcher, shop.url("/odd/page")) is None
    assert len(shop.requests("/robots.txt")) == 6


async def test_a_redirect_of_a_page_obeys_the_other_hosts_rules(shop: RunningShop) -> None:
    shop.shop.robots["other.test"] = PlainTextResponse("User-agent: *\nDisallow: /odd/")
    async with shop.fetcher(HOST, "other.test") as fetcher:
        url = shop.leading("redirect", shop.url("/odd/page", "other.test"))
        assert await outcome(fetcher, url) is FORBIDDEN
    assert shop.requests("/odd/page") == []


async def test_one_is_asked_for_once_a_day(shop: RunningShop) -> None:
    clock = Shifted()
    async with Fetcher(shop.settings(), resolve=resolve_test_names, clock=clock) as fetcher:
        for hours in (0, 1, 22.9, 1):
            clock.by += timedelta(hours=hours).total_seconds()
            assert await outcome(fetcher, shop.url("/odd/page")) is None
            assert await outcome(fetcher, shop.url("/odd/page")) is None
            asked = len(shop.requests("/robots.txt"))
            assert asked == (1 if clock.by < 24 * 3600 else 2)


async def test_one_that_cannot_be_read_is_asked_for_again(shop: RunningShop) -> None:
    clock, good = Shifted(), shop.shop.robots[HOST]
    settings = shop.settings(breaker_threshold=1000)
    async with Fetcher(settings, resolve=resolve_test_names, clock=clock) as fetcher:
        shop.shop.robots[HOST] = Response(status_code=503)
        with pytest.raises(FetchFault) as raised:
            await fetcher.fetch(shop.url("/odd/page"))
        assert raised.value.retry_after == settings.robots_retry
        assert await outcome(fetcher, shop.url("/odd/page")) is FORBIDDEN
        assert len(shop.requests("/robots.txt")) == 1
        shop.shop.robots[HOST] = good
        clock.by += settings.robots_retry + 1
        assert await outcome(fetcher, shop.url("/odd/page")) is None
        assert len(shop.requests("/robots.txt")) == 2


async def test_after_thirty_days_without_an_answer_the_last_good_copy_is_believed(shop: RunningShop) -> None:
    clock, day = Shifted(), timedelta(days=1).total_seconds()
    settings = shop.settings(breaker_threshold=1000, breaker_rest=0.01)
    async with Fetcher(settings, resolve=resolve_test_names, clock=clock) as fetcher:
        assert await outcome(fetcher, shop.url("/odd/page")) is None
        shop.shop.robots[HOST] = Response(status_code=503)
        found = []
        for _ in range(32):
            clock.by += day
            found.append(await outcome(fetcher, shop.url("/odd/page")))
        assert found == [FORBIDDEN] * 30 + [None] * 2
        assert await outcome(fetcher, shop.url("/private/x")) is FORBIDDEN


async def test_many_at_once_ask_for_it_once(shop: RunningShop) -> None:
    async with shop.fetcher() as fetcher:
        found = await asyncio.gather(*(outcome(fetcher, shop.url("/odd/page")) for _ in range(5)))
    assert found == [None] * 5
    assert len(shop.requests("/robots.txt")) == 1


async def test_what_is_remembered_is_bounded(shop: RunningShop) -> None:
    hosts = [f"host-{number}.test" for number in range(20)]
    for host in hosts:
        shop.shop.robots[host] = PlainTextResponse("#" * 10 * KIB)
    async with shop.fetcher(*hosts, robots_bytes=50 * KIB) as fetcher:
        for host in hosts:
            assert await outcome(fetcher, shop.url("/odd/page", host)) is None
        assert sum(entry.size for entry in fetcher._robots._entries.values()) <= 50 * KIB


async def test_a_host_that_rests_is_not_asked_for_its_robots_either(shop: RunningShop) -> None:
    clock = Shifted()
    settings = shop.settings(breaker_threshold=1, robots_retry=1.0)
    shop.shop.robots[HOST] = Response(status_code=503)
    async with Fetcher(settings, resolve=resolve_test_names, clock=clock) as fetcher:
        assert await outcome(fetcher, shop.url("/odd/page")) is FORBIDDEN
        clock.by += 2
        assert await outcome(fetcher, shop.url("/odd/page")) is Fault.HOST_RESTING
    assert len(shop.requests("/robots.txt")) == 1
