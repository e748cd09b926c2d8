"""Asking a vendor's API the way that completing and syncing do, without their waits."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

import msgspec

from services.ingest.connectors.asking.vendor_api import VendorApi
from services.ingest.connectors.connector import Page, Reading, Said, Wanted
from tests.support.stories import SECRET, Teller

TIMEOUT = 0.5
"""Seconds: less than a vendor of tests hangs."""


class Pulled(NamedTuple):
    """What some pages said, and the cursor of the last."""

    readings: list[Reading]
    cursor: str


async def at_once(_: float) -> None:
    await asyncio.sleep(0)


@asynccontextmanager
async def _asking(teller: Teller, token: str) -> AsyncIterator[VendorApi]:
    assert teller.connector.terms is not None
    terms = teller.connector.terms(teller.account, token)
    async with VendorApi(teller.connector.vendor, terms, sleep=at_once, timeout=TIMEOUT) as api:
        yield api


def fetched(teller: Teller, *wanted: Wanted, token: str = SECRET) -> list[Reading]:
    """What the API says of objects."""

    async def run() -> list[Reading]:
        assert teller.connector.fetch is not None
        async with _asking(teller, token) as api:
            return [await teller.connector.fetch(api, one, teller.account, teller.names) for one in wanted]

    return asyncio.run(run())


def pages_of(teller: Teller, since: datetime, cursor: str = "", most: int = 10**6, token: str = SECRET) -> list[Page]:
    """The pages since a time, from a cursor on, and no more than some."""

    async def run() -> list[Page]:
        assert teller.connector.pages is not None
        found: list[Page] = []
        async with _asking(teller, token) as api:
            async for page in teller.connector.pages(api, since, cursor, teller.account, teller.names):
                found.append(page)
                if not page.cursor or len(found) == most:
                    break
        return found

    return asyncio.run(run())


def pulled(teller: Teller, since: datetime, cursor: str = "", most: int = 10**6) -> Pulled:
    """What so many pages say from a cursor on."""
    pages = pages_of(teller, since, cursor, most)
    return Pulled([reading for page in pages for reading in page.readings], pages[-1].cursor if pages else cursor)


def pulled_in_turns(teller: Teller, since: datetime, most: int) -> list[Reading]:
    """All that pages say, asked by a new process after every few of them."""
    readings, cursor = pulled(teller, since, "", most)
    while cursor:
        more, cursor = pulled(teller, since, cursor, most)
        readings += more
    return readings


def all_said(readings: Iterable[Reading]) -> list[Said]:
    return [said for reading in readings for said in reading.said]


def said_in(pages: Sequence[Page]) -> list[Said]:
    """All that pages state, once each, in an order of its own."""
    said = {repr(each): each for each in all_said(reading for page in pages for reading in page.readings)}
    return [said[key] for key in sorted(said)]


def told(readings: Iterable[Reading]) -> set[bytes]:
    """What readings say, each thing once, to the byte."""
    return {msgspec.json.encode((said.type, said.subject, said.time, said.data)) for said in all_said(readings)}
