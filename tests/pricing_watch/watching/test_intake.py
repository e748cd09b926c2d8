"""What is made of a reading: comparable or not, kept, published, and when the page is read next."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from services.pricing_watch import store
from services.pricing_watch.fetching.fetcher import Validators
from services.pricing_watch.judging.judgement import Judged
from services.pricing_watch.records import Kind, Method, Reading, Stock
from services.pricing_watch.watching.intake import READ, Seen, load
from services.pricing_watch.watching.schedule import CONFIRM_AFTER
from tests.pricing_watch.parts import Service, page, product
from tests.support.clock import START

VALIDATORS = Validators(etag='"1"', last_modified="yesterday")


@pytest.fixture
async def watched(service: Service) -> Service:
    await service.watch_list.keep(product("A", page("https://rival.example/a", interval="1h")))
    return service


def read(minor: int | None = 1000, **fields: Any) -> Seen:
    said = {"currency": "EUR", "kind": Kind.SINGLE, "method": Method.JSON_LD, "confidence": 0.8, "reason": "as stated"}
    return Seen(READ, "as stated", Reading(**{"price_minor": minor, **said, **fields}), "hash", VALIDATORS)


async def take(service: Service, seen: Seen) -> Judged | None:
    def work(connection: Any) -> Judged | None:
        pair = load(connection, store.page(connection, "A", "rival"))
        assert pair is not None
        return service.intake.take(connection, pair, seen, service.clock())

    return await service.database.write(work)


async def state(service: Service) -> store.WatchedPage:
    found = await service.database.read(partial(store.page, sku="A", competitor="rival"))
    assert found is not None
    return found


async def test_a_price_is_kept_published_and_the_next_reading_planned(watched: Service) -> None:
    await take(watched, read(list_price_minor=1200, stock=Stock.LIMITED))
    (event,) = await watched.events("price.observed")
    said = (event.data.price_minor, event.data.list_price_minor, event.data.stock, event.data.method)
    assert said == (1000, 1200, "limited", "json_ld")
    after = await state(watched)
    assert timedelta(hours=1) <= after.due_at - watched.clock.now <= timedelta(hours=1, minutes=7)
    assert (after.etag, after.last_modified) == ('"1"', "yesterday")


async def test_a_doubted_price_is_read_again_soon_and_anew(watched: Service) -> None:
    await take(watched, read(1000))
    await take(watched, read(3000))
    after = await state(watched)
    assert after.due_at - watched.clock.now <= CONFIRM_AFTER
    assert (after.etag, after.last_modified) == (None, None)


async def test_what_a_page_said_is_kept_once_while_it_says_the_same(watched: Service) -> None:
    for seen in (read(1000), read(1000), read(1010), read(1010)):
        await take(watched, seen)
    assert [reading.reading is None for reading in reversed(await watched.readings())] == [False, True, False, True]


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (read(tax_included=False), "write `vat: excluded`"),
        (read(None, reason="two prices contradict one another"), "two prices contradict"),
        (read(valid_until=START - timedelta(days=1)), "does not hold now"),
        (read(valid_from=START + timedelta(days=1)), "does not hold now"),
    ],
)
async def test_what_cannot_be_compared_is_a_missed_reading(watched: Service, seen: Seen, why: str) -> None:
    await take(watched, seen)
    (reading,) = await watched.readings()
    assert reading.reason.startswith("missed once")
    assert why in reading.reason
    assert await watched.verdicts() == []


@pytest.mark.parametrize(
    "seen",
    [
        read(valid_until=START + timedelta(days=1)),
        read(valid_from=START - timedelta(days=1)),
        read(valid_until=START - timedelta(days=1), confidence=0.9),
    ],
)
async def test_a_price_that_holds_now_or_that_something_else_confirms_is_taken(watched: Service, seen: Seen) -> None:
    await take(watched, seen)
    assert await watched.verdicts() == [("trusted", 1000)]


async def test_a_price_without_tax_is_taken_when_the_list_says_so(service: Service) -> None:
    await service.watch_list.keep(
        product("A", page("https://rival.example/a", vat="excluded", vat_rate="5.5", pack="2"), pack="6")
    )
    await take(service, read(1000, tax_included=False))
    assert await service.verdicts() == [("trusted", 3165)]


async def test_a_price_that_is_next_to_nothing_is_none(service: Service) -> None:
    await service.watch_list.keep(product("A", page("https://rival.example/a", pack="5000")))
    await take(service, read(10))
    (reading,) = await service.readings()
    assert "less than the smallest coin" in reading.reason


async def test_a_clock_that_is_set_back_changes_no_order(watched: Service) -> None:
    await take(watched, read(1000))
    watched.clock.pass_by(hours=-1)
    await take(watched, read(1010))
    await watched.watch_list.keep(product("A", page("https://rival.example/a", interval="2h")))
    events = await watched.events()
    times = [event.time for event in events]
    assert [event.type for event in events] == [
        "product.watched",
        "price.observed",
        "price.observed",
        "product.watched",
    ]
    assert times == sorted(set(times))


async def test_what_may_pass_is_tried_again_before_it_counts(watched: Service) -> None:
    failing = Seen("timeout", "no answer", may_pass=True, retry_after=timedelta(minutes=2))
    assert await take(watched, failing) is None
    first = await state(watched)
    assert (first.attempts, first.due_at - watched.clock.now) == (1, timedelta(minutes=5))
    assert await take(watched, failing) is None
    judged = await take(watched, failing)
    assert judged is not None
    assert judged.belief.missed == 1
    assert (await state(watched)).attempts == 0
