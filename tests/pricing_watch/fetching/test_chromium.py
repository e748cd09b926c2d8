"""Pages that only a browser can show, in a real Chromium, and what it cannot reach."""

import json
import re
import sys
from ipaddress import ip_network

import pytest
from playwright.async_api import Error, async_playwright

from services.pricing_watch.fetching.chromium import ARGUMENTS, NOWHERE
from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.fetcher import Fetched, Fetcher
from services.simulator.shop.catalogue import BY_NAME, range_of
from tests.pricing_watch.fetching.listening import listening
from tests.support.shop import CONTACT, HOST, RunningShop

SKU = next(iter(range_of(BY_NAME["northlight"])))
CHROMIUM = {"chromium": "/usr/bin/chromium", "chromium_sandbox": False, "per_host_delay": 0.3}


async def rendered(fetcher: Fetcher, url: str) -> Fetched:
    return await fetcher.render(url)


async def fault_of(fetcher: Fetcher, url: str) -> FetchFault:
    with pytest.raises(FetchFault) as raised:
        await rendered(fetcher, url)
    return raised.value


async def test_a_price_that_a_script_puts_there(shop: RunningShop) -> None:
    shop.shop._clock = lambda: 1_000_000.0
    offer = shop.shop.offer(BY_NAME["northlight"], SKU)
    assert offer is not None
    async with shop.fetcher(**CHROMIUM) as fetcher:
        plain = await fetcher.fetch(shop.url(f"/northlight/app/{SKU}"))
        page = (await rendered(fetcher, shop.url(f"/northlight/app/{SKU}"))).page
    assert b"ld+json" not in plain.page.body
    found = re.search(r'<script type="application/ld\+json">(.+?)</script>', page.body.decode())
    assert found is not None
    assert json.loads(found[1])["offers"]["price"] == f"{offer.price_minor / 100:.2f}"
    assert page.content_type == "text/html; charset=utf-8"


async def test_the_browser_is_as_polite_as_we_are(shop: RunningShop) -> None:
    """One name for all requests, no picture, one request at a time, and the delay before and after the page."""
    async with shop.fetcher(**CHROMIUM) as fetcher:
        await rendered(fetcher, shop.url(f"/northlight/app/{SKU}"))
        await fetcher.fetch(shop.url("/odd/page"))
    requests = shop.requests()
    assert {request.headers["user-agent"] for request in requests} == {f"CadranPriceWatch/0.1 (+{CONTACT})"}
    paths = [request.path for request in requests]
    assert paths == [
        "/robots.txt",
        f"/northlight/app/{SKU}",
        "/assets/offer.js",
        f"/northlight/api/products/{SKU}.json",
        "/odd/page",
    ]
    ends = [request.ended or 0 for request in requests]
    gaps = [after.began - end for after, end in zip(requests[1:], ends, strict=False)]
    assert min(gaps) >= 0
    assert gaps[0] >= 0.3
    assert gaps[3] >= 0.3


async def test_what_robots_forbids_is_not_loaded_by_a_page_either(shop: RunningShop) -> None:
    async with shop.fetcher(**CHROMIUM) as fetcher:
        await rendered(fetcher, shop.leading("reaching", shop.url("/private/")))
    assert shop.requests("/private/") == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "rebound.test"])  # noqa: S104
async def test_a_page_reaches_nothing_private(shop: RunningShop, host: str) -> None:
    async with listening() as listener, shop.fetcher(**CHROMIUM, ports=frozenset({listener.port})) as fetcher:
        private = f"http://{host}:{listener.port}/"
        page = (await rendered(fetcher, shop.leading("reaching", private))).page
        moved = (await rendered(fetcher, shop.leading("moving", private))).page
    assert re.search(rb'<p id="done">[^<]*refused', page.body)
    assert b"secret" not in moved.body
    assert listener.connections == 0


async def test_a_page_reaches_no_port_that_is_not_fetched_from(shop: RunningShop) -> None:
    async with listening() as listener:
        async with shop.fetcher(**CHROMIUM, allowed_networks=(ip_network("127.0.0.0/8"),)) as fetcher:
            await rendered(fetcher, shop.leading("reaching", f"http://127.0.0.1:{listener.port}/"))
        assert listener.connections == 0


async def test_the_browser_itself_has_no_network() -> None:
    """What Playwright might not hand to us does not leave either."""
    async with listening() as listener, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM["chromium"], args=ARGUMENTS, proxy={"server": NOWHERE}, chromium_sandbox=False
        )
        for host in ("127.0.0.1", "localhost", "[::1]"):
            tab = await browser.new_page()
            with pytest.raises(Error, match="net::ERR"):
                await tab.goto(f"http://{host}:{listener.port}/")
        await browser.close()
        assert listener.connections == 0


async def test_the_page_that_reaches_out_would_reach_what_is_allowed(shop: RunningShop) -> None:
    """Or the test before this one would prove nothing."""
    async with listening() as listener:
        settings = shop.settings(HOST, **CHROMIUM)
        allowed = settings.allowed_hosts | {f"rival.test:{listener.port}"}
        async with shop.fetcher(**CHROMIUM, allowed_hosts=allowed) as fetcher:
            private = f"http://rival.test:{listener.port}/"
            page = (await rendered(fetcher, shop.leading("reaching", private))).page
            moved = (await rendered(fetcher, shop.leading("moving", private))).page
    assert re.search(rb'<p id="done">[^<]*fetched', page.body)
    assert b"secret" in moved.body
    assert listener.connections > 0


async def test_a_page_may_send_the_browser_to_another_page_of_its_own(shop: RunningShop) -> None:
    async with shop.fetcher(**CHROMIUM) as fetcher:
        page = (await rendered(fetcher, shop.leading("moving", "/odd/page"))).page
    assert page.url == shop.url("/odd/page")
    assert b"9.90" in page.body


async def test_a_page_that_never_rests_is_given_up_and_the_next_one_shown(shop: RunningShop) -> None:
    async with shop.fetcher(**CHROMIUM, settle=2.0) as fetcher:
        assert (await fault_of(fetcher, shop.url("/odd/never-resting"))).kind is Fault.BROWSER
        assert b"9.90" in (await rendered(fetcher, shop.url("/odd/page"))).page.body


async def test_faults_of_the_page_are_told_as_without_a_browser(shop: RunningShop) -> None:
    async with shop.fetcher(**CHROMIUM) as fetcher:
        assert (await fault_of(fetcher, shop.url("/odd/status/404"))).kind is Fault.GONE
        assert (await fault_of(fetcher, shop.url("/private/x"))).kind is Fault.FORBIDDEN_BY_ROBOTS


async def test_off_until_it_is_named(shop: RunningShop) -> None:
    async with shop.fetcher() as fetcher:
        fault = await fault_of(fetcher, shop.url("/odd/page"))
    assert (fault.kind, fault.mend) == (Fault.BROWSER, "name its path in the settings")
    assert shop.requests() == []


async def test_a_path_where_no_chromium_is(shop: RunningShop) -> None:
    async with shop.fetcher(chromium="/nowhere/chromium") as fetcher:
        assert "path" in (await fault_of(fetcher, shop.url("/odd/page"))).mend


async def test_playwright_is_not_needed_until_it_is(shop: RunningShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright.async_api", None)
    async with shop.fetcher(HOST, **CHROMIUM) as fetcher:
        assert (await fetcher.fetch(shop.url("/odd/page"))).page.status == 200
        assert "pip install playwright" in (await fault_of(fetcher, shop.url("/odd/page"))).mend
