"""Reading pages when they are due: a real shop, a real database, the clock set by the test."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.responses import PlainTextResponse

from services.pricing_watch import store
from services.pricing_watch.records import Method
from services.simulator.shop.catalogue import COMPETITORS, path_of, range_of
from tests.pricing_watch.parts import Service, at_work, page, product
from tests.support.shop import HOST, RunningShop, running_shop

NORTHLIGHT = COMPETITORS[0]
SKU = next(iter(range_of(NORTHLIGHT)))


@pytest.fixture
def shop() -> Iterator[RunningShop]:
    with running_shop(clock=lambda: 1_764_000_000.0) as running:
        yield running


async def settled(service: Service) -> None:
    """Wait until nothing is due."""
    async with asyncio.timeout(60):
        while True:
            due, _ = await service.database.read(lambda connection: store.backlog(connection, service.clock.now))
            if due == 0:
                return
            await asyncio.sleep(0.02)


async def read_all(service: Service, shop: RunningShop, *hosts: str) -> None:
    async with shop.fetcher(*hosts) as fetcher, at_work(service.scheduler(fetcher)):
        await settled(service)


async def test_a_page_is_read_judged_and_published(service: Service, shop: RunningShop) -> None:
    await service.watch_list.keep(product("A", page(shop.url(path_of(NORTHLIGHT, SKU)), interval="1h")))
    await read_all(service, shop)
    offer = shop.shop.offer(NORTHLIGHT, SKU)
    assert offer is not None
    assert await service.verdicts() == [("trusted", offer.price_minor)]
    (reading,) = await service.readings()
    assert (reading.outcome, reading.verdict, reading.price_minor) == ("read", "trusted", offer.price_minor)
    assert reading.reading is not None
    assert reading.reading.method is Method.JSON_LD
    assert reading.page_hash is not None


async def test_a_page_is_not_read_before_its_interval_has_passed(service: Service, shop: RunningShop) -> None:
    address = path_of(NORTHLIGHT, SKU)
    await service.watch_list.keep(product("A", page(shop.url(address), interval="1h")))
    for _ in range(3):
        await read_all(service, shop)
        service.clock.pass_by(minutes=59)
    assert len(shop.requests(address)) == 2
    assert [request.status for request in shop.requests(address)] == [200, 304]
    assert [verdict for verdict, _ in await service.verdicts()] == ["trusted", "trusted"]


async def test_what_was_due_while_nobody_was_there_is_read_once(service: Service, shop: RunningShop) -> None:
    address = path_of(NORTHLIGHT, SKU)
    await service.watch_list.keep(product("A", page(shop.url(address), interval="1h")))
    await read_all(service, shop)
    service.clock.pass_by(days=20)
    await read_all(service, shop)
    assert len(shop.requests(address)) == 2


async def test_a_page_that_vanished_is_stale_then_gone_and_looked_at_ever_less(
    service: Service, shop: RunningShop
) -> None:
    await service.watch_list.keep(product("A", page(shop.url("/northlight/products/NONE"), interval="1d")))
    for _ in range(60):
        await read_all(service, shop)
        service.clock.pass_by(days=1.2)
    assert [verdict for verdict, _ in await service.verdicts()] == ["stale", "gone"]
    gone_at = next(event.time for event in await service.events("price.observed") if event.data.verdict == "gone")
    readings = await service.readings()
    assert timedelta(weeks=6) <= gone_at - readings[-1].at < timedelta(weeks=6, days=2)
    assert sum(reading.at > gone_at for reading in readings) <= 5


async def test_a_server_that_fails_is_tried_three_times_before_a_reading_is_missed(
    service: Service, shop: RunningShop
) -> None:
    await service.watch_list.keep(product("A", page(shop.url("/odd/status/500"), interval="6h")))
    for _ in range(3):
        await read_all(service, shop)
        service.clock.pass_by(hours=1.6)
    outcomes = [(reading.outcome, reading.reason[:6]) for reading in await service.readings()]
    assert [outcome for outcome, _ in outcomes] == ["server"] * 3
    assert [reason == "missed" for _, reason in outcomes] == [True, False, False]


async def test_robots_are_obeyed_and_the_reason_is_kept(service: Service, shop: RunningShop) -> None:
    shop.shop.robots[HOST] = PlainTextResponse("User-agent: *\nDisallow: /")
    await service.watch_list.keep(product("A", page(shop.url(path_of(NORTHLIGHT, SKU)))))
    await read_all(service, shop)
    (reading,) = await service.readings()
    assert reading.outcome == "forbidden_by_robots"
    assert shop.requests("/northlight") == []


async def test_a_pair_without_a_page_is_stale_when_nobody_gives_its_price(service: Service, shop: RunningShop) -> None:
    await service.watch_list.keep(product("A", page(interval="1d")))
    for _ in range(4):
        await read_all(service, shop)
        service.clock.pass_by(days=1.2)
    assert [verdict for verdict, _ in await service.verdicts()] == ["stale"]
    assert shop.requests() == []


async def test_two_processes_read_no_page_twice(service: Service, shop: RunningShop) -> None:
    hosts = [f"{competitor.name}.test" for competitor in COMPETITORS]
    for host, competitor in zip(hosts, COMPETITORS, strict=True):
        shop.shop.robots[host] = PlainTextResponse("")
        for sku in list(range_of(competitor))[:12]:
            address = shop.url(path_of(competitor, sku), host=host)
            await service.watch_list.keep(product(f"{sku}-{competitor.name}", page(address, competitor.name)))
    other = Service(service.database, service.clock)
    async with (
        shop.fetcher(*hosts) as one,
        shop.fetcher(*hosts) as two,
        at_work(service.scheduler(one, "one")),
        at_work(other.scheduler(two, "two")),
    ):
        await settled(service)
    paths = [request.path for request in shop.requests() if "/products/" in request.path]
    assert len(paths) == 60
    assert len(set(paths)) == 60
    assert set((await service.fetched_pages()).values()) == {1}
