"""Pages are read in processes that can be ended."""

import asyncio

import pytest

from services.pricing_watch.records import Obstacle, Page, Wanted
from services.pricing_watch.watching.readers import Readers

GOOD = Page(
    url="https://shop.example/lamp",
    body=b'<script type="application/ld+json">{"@type":"Product","name":"Lamp",'
    b'"offers":{"price":"12.00","priceCurrency":"EUR"}}</script>',
)
ENDLESS = Wanted(selector="xpath://p[count(//p[count(//p)>0])>0]")
"""Looks at all paragraphs for each paragraph for each paragraph."""


@pytest.fixture
def many_paragraphs() -> Page:
    return Page(url="https://shop.example/long", body=b"<p>x</p>" * 20_000)


async def test_a_page_that_takes_too_long_is_given_up_and_the_next_is_read(many_paragraphs: Page) -> None:
    async with Readers(seconds=3) as readers:
        endless = [readers.read(many_paragraphs, ENDLESS) for _ in range(3)]
        *given_up, good = await asyncio.gather(*endless, readers.read(GOOD, Wanted()))
    assert [reading.obstacle for reading in given_up] == [Obstacle.UNREADABLE] * 3
    assert "longer than 3 s" in given_up[0].reason
    assert good.price_minor == 1200


async def test_what_is_under_way_ends_with_the_readers(many_paragraphs: Page) -> None:
    async with Readers(seconds=60) as readers:
        endless = asyncio.create_task(readers.read(many_paragraphs, ENDLESS))
        await readers.read(GOOD, Wanted())
        endless.cancel()
    assert endless.cancelled() or endless.cancelling()
