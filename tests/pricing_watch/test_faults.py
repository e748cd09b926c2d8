"""What breaks while pages are read: each is read and published once, whoever is killed and however many work."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing
from itertools import pairwise
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from services.common.events import Event, decode
from services.common.settings import Port
from services.common.topics import Topic
from services.simulator.shop.catalogue import COMPETITORS, path_of, range_of
from tests.benchmarks.programs import ended, running
from tests.support.kafka import records
from tests.support.shop import RunningShop, running_shop
from tests.support.stack import RunningStack, running_stack, wait_for

HOSTS = [f"127.0.0.{number}" for number in range(2, 22)]
DUE = 500


@pytest.fixture(scope="module")
def shop() -> Iterator[RunningShop]:
    """A shop that looks like twenty."""
    with running_shop(HOSTS, clock=lambda: 1_764_000_000.0) as running:
        for host in HOSTS:
            running.shop.robots[host] = PlainTextResponse("")
        yield running


@pytest.fixture(scope="module")
def stack(shop: RunningShop) -> Iterator[RunningStack]:
    allowed = json.dumps([f"{host}:{shop.port}" for host in HOSTS])
    with running_stack(CADRAN_PRICING_ALLOWED_HOSTS=allowed, CADRAN_PRICING_HOST_DELAY="0.1") as running:
        yield running


def watch(stack: RunningStack, shop: RunningShop, named: str) -> list[str]:
    """Watch so many pages, each on one of the hosts; the names of the pairs' products."""
    sold = [(competitor, sku) for competitor in COMPETITORS for sku in range_of(competitor)]
    products: list[dict[str, Any]] = []
    for number in range(DUE):
        competitor, sku = sold[number % len(sold)]
        address = shop.url(f"{path_of(competitor, sku)}?{named}={number}", host=HOSTS[number % len(HOSTS)])
        rival = {"competitor": "rival", "page": address, "locale": competitor.locale}
        products.append({"sku": f"{named}-{number}", "name": sku, "competitors": [rival]})
    with stack.http(Port.PRICING) as client:
        answer = client.put("/v1/watch", json=products)
    assert [item["status"] for item in answer.json()["results"]] == ["kept"] * DUE
    return [each["sku"] for each in products]


def asked(shop: RunningShop, named: str) -> Counter[str]:
    """How often each page was asked for."""
    return Counter(request.query for request in shop.shop.log.requests if request.query.startswith(f"{named}="))


def kept(stack: RunningStack, named: str) -> Counter[str]:
    """How many readings each pair has."""
    path = stack.settings.local_dir / "data" / "pricing.sqlite"
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT pair_id FROM readings WHERE pair_id LIKE ?", (f"{named}-%",)).fetchall()
    return Counter(pair for (pair,) in rows)


def published(stack: RunningStack, skus: Sequence[str]) -> list[Event]:
    """The verdicts in Kafka; one that was sent again is the same event."""
    wanted = set(skus)
    events = (decode(value) for value in records(stack.settings, Topic.PRICES))
    found = [event for event in events if event.type == "price.observed" and event.subject in wanted]
    return list({event.id: event for event in found}.values())


def is_all_read(stack: RunningStack, named: str) -> bool:
    return len(kept(stack, named)) == DUE


def outbox_is_empty(stack: RunningStack) -> bool:
    with stack.http(Port.PRICING) as client:
        return "cadran_pricing_outbox_events 0.0" in client.get("/metrics").text


def test_killed_in_the_middle_it_reads_and_publishes_each_page_once(stack: RunningStack, shop: RunningShop) -> None:
    skus = watch(stack, shop, "killed")
    for share in (0.2, 0.5):
        wait_for(lambda share=share: len(asked(shop, "killed")) >= share * DUE, f"{share:.0%} of the pages are read")
        stack.kill("pricing")
    wait_for(lambda: is_all_read(stack, "killed"), "every page is read", patience=180)
    wait_for(lambda: outbox_is_empty(stack), "everything is published")
    assert set(kept(stack, "killed").values()) == {1}
    with_price = {event.subject for event in published(stack, skus)}
    assert Counter(event.subject for event in published(stack, skus)) == Counter(dict.fromkeys(with_price, 1))
    assert len(with_price) >= 0.8 * DUE  # the others have vanished from the shop, or wait to be confirmed
    again = [page for page, times in asked(shop, "killed").items() if times > 1]
    assert len(again) <= 2 * len(HOSTS)  # those that were being fetched when it was killed, one of a host at most
    assert max(asked(shop, "killed").values()) <= 3


def another_process(stack: RunningStack) -> AbstractContextManager[int]:
    """A second price watcher on the same database."""
    port = stack.settings.port(Port.WORKER_METRICS) + 2 - stack.settings.port_offset
    return running(stack, "services.pricing_watch.main", CADRAN_PORT_PRICING=str(port))


def test_two_processes_read_no_page_twice(stack: RunningStack, shop: RunningShop) -> None:
    with another_process(stack):
        skus = watch(stack, shop, "shared")
        wait_for(lambda: is_all_read(stack, "shared"), "every page is read", patience=180)
        wait_for(lambda: outbox_is_empty(stack), "everything is published")
    assert set(asked(shop, "shared").values()) == {1}
    assert set(kept(stack, "shared").values()) == {1}
    assert set(Counter(event.subject for event in published(stack, skus)).values()) == {1}


def test_each_host_was_asked_one_thing_at_a_time_and_never_too_soon(shop: RunningShop) -> None:
    """Whoever asked: the delays hold across processes."""
    for host in HOSTS:
        requests = [request for request in shop.shop.log.requests if request.host == f"{host}:{shop.port}"]
        assert len(requests) > 2 * DUE / len(HOSTS)
        pauses = [later.began - (earlier.ended or 0) for earlier, later in pairwise(requests)]
        assert min(pauses) > 0.09


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/pricing.sqlite", "postgresql+psycopg://cadran:secret@127.0.0.1:1/pricing"]
)
def test_a_database_that_cannot_be_used_ends_it_with_one_line(stack: RunningStack, url: str) -> None:
    done = ended(stack, "services.pricing_watch.main", CADRAN_PRICING_DATABASE=url)
    assert done.returncode == 1
    assert done.stderr.startswith(
        "the price watcher cannot start: CADRAN_PRICING_DATABASE: the database cannot be used"
    )
    assert done.stderr.count("\n") == 1
    assert "secret" not in done.stderr
