"""What tests of shops share: examples, changed as a test needs them, and what is sold by day."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from services.ingest.connectors.asking.terms import ApiTerms
from services.ingest.connectors.asking.vendor_api import VendorApi
from services.ingest.connectors.connector import Page, Pages, Said
from tests.support.engine import Engine
from tests.support.stories import Teller

EXAMPLES = Path(__file__).parents[1] / "examples"
PERSONAL = ("Ada", "Exemple", "example.org", "Essai", "00 00 00", "203.0.113.7", "69001", "4242")
"""Parts of what names a person in the examples: none of them may go on."""


def example(vendor: str, name: str) -> Any:
    """An example, anew: a test may change it."""
    return msgspec.json.decode((EXAMPLES / vendor / f"{name}.json").read_bytes())


def sales(engine: Engine, cut: str = "all", member: str = "") -> Mapping[tuple[str, date], int]:
    """Sales by measure and day, of a member of a cut."""
    return {
        (cell.measure, cell.day): value
        for cell, value in engine.by_day(["sales"]).items()
        if cell.cut == cut and cell.member == (member or cell.member)
    }


def november(day: int) -> date:
    return date(2026, 11, day)


def told_once(pages: list[Page]) -> list[Said]:
    """All that pages say, each thing once, in an order of its own."""
    found = {repr(said): said for page in pages for reading in page.readings for said in reading.said}
    return [found[key] for key in sorted(found)]


async def no_sleep(_: float) -> None:
    pass


def client(teller: Teller, terms: ApiTerms) -> VendorApi:
    """A client that waits for nothing but an answer, and not long for that."""
    return VendorApi(teller.connector.facts.title, terms._replace(pause=0), sleep=no_sleep, timeout=0.5)


async def pulled(teller: Teller, api: VendorApi, since: Any, cursor: str = "", most: int = 1_000) -> list[Page]:
    """The pages of a pull, which is broken off after so many."""
    pages: Pages | None = teller.connector.pages
    assert pages is not None
    found: list[Page] = []
    async for page in pages(api, since, cursor, teller.account, teller.names):
        found.append(page)
        if len(found) == most:
            break
    return found
