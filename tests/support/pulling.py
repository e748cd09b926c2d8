"""Asking a vendor's API the way that completing and syncing do, without their waits."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

import msgspec

from services.ingest.connectors.connector import Reading, Said, Wanted
from services.ingest.connectors.vendor_api import VendorApi
from tests.support.stories import SECRET, Teller

TIMEOUT = 0.5
"""Seconds: less than a vendor of tests hangs."""


class Pulled(NamedTuple):
    """What some pages said, and the cursor of the last."""

    readings: list[Reading]
    cursor: str


async def _at_once(_: float) -> None:
    return None


@asynccontextmanager
async def _asking(teller: Teller, token: str) -> AsyncIterator[VendorApi]:
    assert teller.connector.terms
    terms = teller.connector.terms(teller.account, token)
    async with VendorApi(teller.connector.vendor, terms, sleep=_at_once, timeout=TIMEOUT) as api:
        yield api


def fetched(teller: Teller, *wanted: Wanted, token: str = SECRET) -> list[Reading]:
    """What the API says of objects."""

    async def run() -> list[Reading]:
        assert teller.connector.fetch
        async with _asking(teller, token) as api:
            return [await teller.connector.fetch(api, one, teller.account, teller.names) for one in wanted]

    return asyncio.run(run())


def pulled(teller: Teller, since: datetime, cursor: str = "", most: int = 10**6) -> Pulled:
    """What so many pages say from a cursor on."""

    async def run() -> Pulled:
        assert teller.connector.pages
        readings: list[Reading] = []
        at = cursor
        async with _asking(teller, SECRET) as api:
            count = 0
            async for page in teller.connector.pages(api, since, cursor, teller.account, teller.names):
                readings += page.readings
                at = page.cursor
                count += 1
                if count == most:
                    break
        return Pulled(readings, at)

    return asyncio.run(run())


def pulled_in_turns(teller: Teller, since: datetime, most: int) -> list[Reading]:
    """All that pages say, asked by a new process after every few of them."""
    readings, cursor = pulled(teller, since, "", most)
    while cursor:
        more, cursor = pulled(teller, since, cursor, most)
        readings += more
    return readings


def all_said(readings: Iterable[Reading]) -> list[Said]:
    return [said for reading in readings for said in reading.said]


def told(readings: Iterable[Reading]) -> set[bytes]:
    """What readings say, each thing once, to the byte."""
    return {msgspec.json.encode((said.type, said.subject, said.time, said.data)) for said in all_said(readings)}
