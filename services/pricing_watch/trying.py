"""Reading one page for a person who tries it: nothing is kept or published."""

import asyncio

import msgspec

from services.common.settings import Port, Settings
from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.fetcher import Fetcher
from services.pricing_watch.fetching.terms import FetchSettings
from services.pricing_watch.reading.reader import read_page
from services.pricing_watch.records import Obstacle, Page, Reading, Wanted
from services.pricing_watch.settings import PricingSettings, fetch_settings

OBSTACLES = {Fault.GONE: Obstacle.GONE, Fault.BLOCKED: Obstacle.BLOCKED, Fault.SERVER: Obstacle.CLOSED}


def read_bytes(body: bytes, url: str, wanted: Wanted) -> Reading:
    """What a page says that was saved; `url` is where it came from, where that is known."""
    return read_page(Page(url=url, body=body), wanted)


def read_address(url: str, wanted: Wanted, render: bool) -> Reading:
    """What a page says, or why it was not had."""
    return asyncio.run(_fetched(url, wanted, render))


def _terms() -> FetchSettings:
    """Those of the service; the demo's shop, which is on this machine, may be tried as well."""
    settings = fetch_settings(PricingSettings.load())
    shop = f"127.0.0.1:{Settings.load().port(Port.SHOP)}"
    return msgspec.structs.replace(settings, allowed_hosts=settings.allowed_hosts | {shop})


async def _fetched(url: str, wanted: Wanted, render: bool) -> Reading:
    async with Fetcher(_terms()) as fetcher:
        try:
            fetched = await (fetcher.render(url) if render else fetcher.fetch(url))
        except FetchFault as fault:
            return Reading(reason=str(fault), obstacle=OBSTACLES.get(fault.kind, Obstacle.UNREADABLE))
        return read_page(fetched.page, wanted)
