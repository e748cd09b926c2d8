"""Asking a vendor's API as a pull does, page by page, as quickly as a test needs."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from services.ingest.connectors.connector import Page, Said
from services.ingest.connectors.vendor_api import VendorApi
from tests.support.stories import Teller

TIMEOUT = 0.4
"""Less than a vendor of a test hangs."""


async def at_once(_: float) -> None:
    await asyncio.sleep(0)


async def _pages(teller: Teller, since: datetime, cursor: str, most: int, token: str) -> list[Page]:
    connector = teller.connector
    assert connector.terms is not None
    assert connector.pages is not None
    found: list[Page] = []
    async with VendorApi("vendor", connector.terms(teller.account, token), sleep=at_once, timeout=TIMEOUT) as api:
        async for page in connector.pages(api, since, cursor, teller.account, teller.names):
            found.append(page)
            if not page.cursor or len(found) == most:
                break
    return found


def pulled(teller: Teller, since: datetime, cursor: str = "", most: int = 1000, bearing: str = "a token") -> list[Page]:
    """The pages since a time, from a cursor on, and no more than some."""
    return asyncio.run(_pages(teller, since, cursor, most, bearing))


def said_in(pages: Sequence[Page]) -> list[Said]:
    """All that pages state, once each, in an order of its own."""
    said = {repr(each): each for page in pages for reading in page.readings for each in reading.said}
    return [said[key] for key in sorted(said)]
