"""Reading pages when they are due: a real shop, a real database, the clock set by the test."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.responses import PlainTextResponse

from services.common import background
from services.common.database import Database
from services.pricing_watch import store, tables
from services.pricing_watch.records import Method
from services.pricing_watch.tables import SCHEMA
from services.pricing_watch.watching import scheduler
from services.simulator.shop.catalogue import COMPETITORS, path_of, range_of
from tests.pricing_watch.parts import Service, at_work, page, product
from tests.support.databases import sqlite_url
from tests.support.shop import HOST, RunningShop, running_shop, until

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


async def test_two_processes_read_no_page_twice(
    service: Service, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "MOST_HOSTS", 2)  # or one would take all of them
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
    assert min(each.metrics.readings.labels("read")._value.get() for each in (service, other)) > 0  # both took part
    assert set((await service.fetched_pages()).values()) == {1}


async def test_a_page_that_cannot_be_kept_holds_up_no_other(service: Service, shop: RunningShop) -> None:
    hostile = '<script type="application/ld+json">{"@type":"Product","name":"Lamp \\ud83d \\u0000","sku":"A\\u0000B",'
    hostile += '"offers":{"price":"12.00","priceCurrency":"EUR"}}</script>'
    shop.shop.own["hostile"] = hostile
    await service.watch_list.keep(
        product("A", page(shop.url("/own/hostile"), sku="A"), page(shop.url("/odd/page"), "other"))
    )
    await read_all(service, shop)
    assert [len(await service.readings("A", each)) for each in ("rival", "other")] == [1, 1]
    assert len(shop.requests("/own/hostile")) == 1


async def test_a_host_that_rests_is_left_alone_and_its_pages_lose_no_reading(
    service: Service, shop: RunningShop
) -> None:
    shop.shop.robots[HOST] = PlainTextResponse("User-agent: *\nCrawl-delay: 600")
    addresses = [page(shop.url(f"/northlight/products/NONE-{number}"), f"rival-{number}") for number in range(5)]
    await service.watch_list.keep(product("A", *addresses))
    async with shop.fetcher(max_crawl_delay=600) as fetcher, at_work(service.scheduler(fetcher)):
        await until(lambda: shop.requests("/robots.txt"))
        await asyncio.sleep(1)
    assert len(shop.requests()) == 1  # whoever asked for robots.txt has to wait
    readings = [await service.readings("A", f"rival-{number}") for number in range(5)]
    assert sum(map(len, readings)) == 0
    free_at = await service.database.read(
        lambda connection: connection.execute(select(tables.hosts.c.free_at)).scalar_one()
    )
    assert timedelta(seconds=590) < free_at - service.clock.now <= timedelta(seconds=660)


async def test_of_a_host_that_never_answers_readings_are_missed(service: Service, shop: RunningShop) -> None:
    addresses = [page(shop.url(f"/odd/status/{500 + number}"), f"rival-{number}", interval="1h") for number in range(3)]
    await service.watch_list.keep(product("A", *addresses))
    for _ in range(100):
        async with shop.fetcher(breaker_threshold=2, breaker_rest=5000) as fetcher, at_work(service.scheduler(fetcher)):
            await asyncio.sleep(0.15)
        service.clock.pass_by(hours=0.5)
        if len(await service.verdicts()) == 3:
            break
    assert [verdict for verdict, _ in await service.verdicts()] == ["stale"] * 3


async def test_a_second_process_waits_until_the_host_may_be_asked(service: Service, shop: RunningShop) -> None:
    await service.watch_list.keep(product("A", page(shop.url(path_of(NORTHLIGHT, SKU)))))
    async with shop.fetcher(per_host_delay=500) as fetcher, at_work(service.scheduler(fetcher, "one")):
        await until(lambda: shop.requests("/robots.txt"))
        await asyncio.sleep(0.5)
    async with shop.fetcher() as fetcher, at_work(service.scheduler(fetcher, "two")):
        await asyncio.sleep(1.5)
    assert len(shop.requests()) == 1
    service.clock.pass_by(seconds=600)
    await read_all(service, shop)
    assert len(await service.readings()) == 1


async def test_a_shorter_interval_holds_at_once(service: Service, shop: RunningShop) -> None:
    address = shop.url(path_of(NORTHLIGHT, SKU))
    await service.watch_list.keep(product("A", page(address, interval="7d")))
    await read_all(service, shop)
    await service.watch_list.keep(product("A", page(address, interval="1h")))
    service.clock.pass_by(hours=1.1)
    await read_all(service, shop)
    assert len(await service.readings()) == 2


async def test_a_scheduler_ends_although_the_database_does_not_answer(tmp_path: Path, shop: RunningShop) -> None:
    database = Database(sqlite_url(tmp_path), SCHEMA)
    database.open()
    service = Service(database)
    await service.watch_list.keep(product("A", page(shop.url("/odd/hang"))))
    async with shop.fetcher() as fetcher, background.at_work([service.scheduler(fetcher).run]):
        await until(lambda: shop.requests("/odd/hang"))
        await database.write(lambda connection: connection.exec_driver_sql("DROP TABLE hosts"))
    database.close()
