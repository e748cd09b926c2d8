"""One page, and what each kind of answer becomes."""

import asyncio

import pytest

from services.common.errors import ConfigurationError
from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.fetcher import Fetcher, Validators
from services.pricing_watch.fetching.terms import FetchSettings
from services.simulator.shop.catalogue import BY_NAME, range_of
from tests.support.shop import CONTACT, RunningShop, resolve_test_names, until

NORTHLIGHT = BY_NAME["northlight"]
SKU = next(iter(range_of(NORTHLIGHT)))


async def fault_of(fetcher: Fetcher, url: str) -> FetchFault:
    with pytest.raises(FetchFault) as raised:
        await fetcher.fetch(url)
    return raised.value


async def test_a_page_comes_with_what_the_reader_needs(shop: RunningShop) -> None:
    url = shop.url(f"/maison-claire/products/{next(iter(range_of(BY_NAME['maison-claire'])))}")
    async with shop.fetcher() as fetcher:
        fetched = await fetcher.fetch(url + "#reviews")
    assert fetched.page.url == url
    assert b'itemprop="price"' in fetched.page.body
    assert fetched.page.content_type == "text/html; charset=utf-8"
    assert (fetched.page.status, fetched.page.language) == (200, "fr-FR")
    assert fetched.validators.etag
    assert fetched.validators.last_modified
    assert not fetched.not_modified


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/odd/status/404", Fault.GONE),
        ("/odd/status/410", Fault.GONE),
        ("/odd/status/401", Fault.BLOCKED),
        ("/odd/status/403", Fault.BLOCKED),
        ("/odd/status/429", Fault.BLOCKED),
        ("/odd/status/451", Fault.BLOCKED),
        ("/odd/challenge", Fault.BLOCKED),
        ("/odd/status/500", Fault.SERVER),
        ("/odd/status/503", Fault.SERVER),
        ("/odd/status/204", Fault.SERVER),
        ("/odd/status/302", Fault.SERVER),
        ("/odd/unconditional-304", Fault.SERVER),
        ("/odd/garbled/gzip", Fault.SERVER),
        ("/odd/garbled/br", Fault.SERVER),
        ("/odd/garbled/zstd", Fault.SERVER),
        ("/odd/garbled/deflate", Fault.SERVER),
        ("/odd/picture.png", Fault.NOT_HTML),
        ("/odd/no-type", Fault.NOT_HTML),
        ("/odd/loop", Fault.TOO_MANY_REDIRECTS),
        ("/odd/chain/6", Fault.TOO_MANY_REDIRECTS),
        ("/private/LAMP-01", Fault.FORBIDDEN_BY_ROBOTS),
        ("/odd/redirect?to=%2Fprivate%2FLAMP-01", Fault.FORBIDDEN_BY_ROBOTS),
        ("/odd/redirect?to=ftp://shop.test/", Fault.BAD_URL),
        ("/odd/redirect?to=http://[", Fault.BAD_URL),
        ("/odd/redirect?to=http://nowhere.example/", Fault.UNSAFE_ADDRESS),
    ],
)
async def test_answers_become_faults(shop: RunningShop, path: str, kind: Fault) -> None:
    counted: list[str] = []
    settings = shop.settings(ports=frozenset())
    async with Fetcher(settings, count=counted.append, resolve=resolve_test_names) as fetcher:
        assert (await fault_of(fetcher, shop.url(path))).kind is kind
    assert counted == [kind]


@pytest.mark.parametrize("path", ["/odd/page", "/odd/soft-404", "/odd/login-wall", "/odd/chain/5", "/odd/cookie"])
async def test_what_is_a_page_is_had(shop: RunningShop, path: str) -> None:
    """Whether it is the right page is for the reader to see."""
    async with shop.fetcher() as fetcher:
        assert (await fetcher.fetch(shop.url(path))).page.body


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
async def test_a_packed_page_is_unpacked(shop: RunningShop, coding: str) -> None:
    async with shop.fetcher() as fetcher:
        assert (await fetcher.fetch(shop.url(f"/odd/packed/{coding}"))).page.body.startswith(b"<h1>A page</h1>")


async def test_no_host_no_name(shop: RunningShop) -> None:
    async with Fetcher(FetchSettings(contact=CONTACT), resolve=resolve_test_names) as fetcher:
        assert (await fault_of(fetcher, "https://nowhere.example/")).kind is Fault.UNREACHABLE


async def test_nobody_listens(shop: RunningShop) -> None:
    settings = FetchSettings(contact=CONTACT, allowed_hosts=frozenset({"shop.test:1"}))
    async with Fetcher(settings, resolve=resolve_test_names) as fetcher:
        assert (await fault_of(fetcher, "http://shop.test:1/")).kind is Fault.UNREACHABLE


async def test_a_port_that_speaks_no_tls(shop: RunningShop) -> None:
    async with shop.fetcher() as fetcher:
        fault = await fault_of(fetcher, f"https://shop.test:{shop.port}/")
    assert fault.kind is Fault.TLS


async def test_validators_bring_a_304(shop: RunningShop) -> None:
    url = shop.url(f"/northlight/products/{SKU}")
    shop.shop._clock = lambda: 1_000_000.0
    async with shop.fetcher() as fetcher:
        first = await fetcher.fetch(url)
        by_both = await fetcher.fetch(url, first.validators)
        by_date = await fetcher.fetch(url, Validators(last_modified=first.validators.last_modified))
    for second in (by_both, by_date):
        assert second.not_modified
        assert second.page.body == b""
        assert second.page.status == 304
        assert second.validators == first.validators


async def test_a_page_that_was_redirected_to_has_no_validators(shop: RunningShop) -> None:
    """They would be sent to the page that redirects, which may mistake them for its own."""
    path = f"/northlight/products/{SKU}"
    async with shop.fetcher() as fetcher:
        fetched = await fetcher.fetch(shop.leading("redirect", path))
        await fetcher.fetch(shop.leading("redirect", path), Validators(etag='"of-the-first"'))
    assert fetched.page.url == shop.url(path)
    assert fetched.validators == Validators()
    sent = [request.headers.get("if-none-match") for request in shop.requests() if request.path != "/robots.txt"]
    assert sent == [None, None, '"of-the-first"', None]


async def test_cookies_live_as_long_as_one_fetch(shop: RunningShop) -> None:
    async with shop.fetcher() as fetcher:
        await fetcher.fetch(shop.url("/odd/cookie"))
        await fetcher.fetch(shop.url("/odd/cookie"))
    cookies = [request.headers.get("cookie") for request in shop.requests("/odd/cookie")]
    assert cookies == [None, "seen=yes", None, "seen=yes"]


async def test_leaving_ends_what_is_under_way(shop: RunningShop) -> None:
    fetcher = shop.fetcher(per_host_delay=60.0)
    async with fetcher:
        waiting = asyncio.create_task(fetcher.fetch(shop.url("/odd/page")))
        await until(lambda: shop.requests("/robots.txt"))
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert shop.requests("/odd/page") == []


async def test_a_caller_that_gives_up_lets_the_next_one_in(shop: RunningShop) -> None:
    async with shop.fetcher() as fetcher:
        hanging = asyncio.create_task(fetcher.fetch(shop.url("/odd/hang")))
        await until(lambda: shop.requests("/odd/hang"))
        hanging.cancel()
        assert (await fetcher.fetch(shop.url("/odd/page"))).page.status == 200


@pytest.mark.parametrize("contact", ["", " ", "someone\nX-Header: 1", "café"])
def test_who_does_not_say_who_they_are_does_not_fetch(contact: str) -> None:
    with pytest.raises(ConfigurationError, match="without saying who asks"):
        FetchSettings(contact=contact)
