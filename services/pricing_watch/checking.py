"""`cadran prices check`: try a page, and see every price that stands on it and which one is taken."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from services.common.errors import ConfigurationError
from services.common.settings import Port, Settings
from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.fetcher import Fetcher
from services.pricing_watch.fetching.terms import FetchSettings
from services.pricing_watch.printing import amount, console, plain, say
from services.pricing_watch.reading.reader import read_page
from services.pricing_watch.records import Candidate, Obstacle, Page, Reading, Wanted
from services.pricing_watch.settings import PricingSettings, fetch_settings

MOST_SHOWN = 20

OBSTACLES = {Fault.GONE: Obstacle.GONE, Fault.BLOCKED: Obstacle.BLOCKED, Fault.SERVER: Obstacle.CLOSED}


def check(
    page: Annotated[
        str, typer.Argument(help="The address of a page, a file that holds one, or - for what is piped in.")
    ],
    sku: Annotated[str | None, typer.Option(help="The product's number in that shop.")] = None,
    gtin: Annotated[str | None, typer.Option(help="Its GTIN (EAN, UPC).")] = None,
    name: Annotated[str | None, typer.Option(help="Its name.")] = None,
    locale: Annotated[str | None, typer.Option(help="How the page writes numbers: fr-FR, de-CH, en.")] = None,
    currency: Annotated[str | None, typer.Option(help="The currency that it must be in: EUR.")] = None,
    selector: Annotated[str | None, typer.Option(help="Where the price stands: CSS, xpath:…, or json:… .")] = None,
    url: Annotated[str, typer.Option(help="Of a file: the address that it came from.")] = "",
    cheapest: Annotated[bool, typer.Option("--cheapest", help="Of several offers, take the cheapest.")] = False,
    render: Annotated[
        bool, typer.Option("--render", help="Open an address in Chromium: for pages that need it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reading as JSON.")] = False,
) -> None:
    """Try a page: which prices stand on it, which one is taken, and why. Nothing is kept or published."""
    wanted = Wanted(
        sku=sku, gtin=gtin, name=name, locale=locale, currency=currency, selector=selector, cheapest=cheapest
    )
    if "://" in page:
        reading = asyncio.run(_from_address(page, wanted, _terms(), render))
    else:
        reading = read_page(Page(url=url, body=_bytes(page)), wanted)
    if as_json:
        sys.stdout.write(msgspec.json.encode(reading).decode() + "\n")
    else:
        _show(reading)


def _terms() -> FetchSettings:
    """Those of the service; the demo's shop, which is on this machine, may be tried as well."""
    settings = fetch_settings(PricingSettings.load())
    shop = f"127.0.0.1:{Settings.load().port(Port.SHOP)}"
    return msgspec.structs.replace(settings, allowed_hosts=settings.allowed_hosts | {shop})


async def _from_address(url: str, wanted: Wanted, settings: FetchSettings, render: bool) -> Reading:
    async with Fetcher(settings) as fetcher:
        try:
            fetched = await (fetcher.render(url) if render else fetcher.fetch(url))
        except FetchFault as fault:
            return Reading(reason=str(fault), obstacle=OBSTACLES.get(fault.kind, Obstacle.UNREADABLE))
        return read_page(fetched.page, wanted)


def _bytes(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{name} cannot be read: {error.strerror}", mend="give a file, or an address with https://"
        ) from None


def _show(reading: Reading) -> None:
    for label, text in _facts(reading).items():
        say(f"{label:<12}{text}")
    if not reading.candidates:
        return
    table = Table(
        "price", "found by", "where", "why not", box=None, title="What stands on the page", title_justify="left"
    )
    for candidate in reading.candidates[:MOST_SHOWN]:
        table.add_row(*(plain(cell) for cell in _row(candidate)))
    console.print()
    console.print(table)
    if len(reading.candidates) > MOST_SHOWN:
        say(f"and {len(reading.candidates) - MOST_SHOWN} more: --json shows them all")


def _facts(reading: Reading) -> dict[str, Any]:
    facts: dict[str, Any] = {"price": amount(reading.price_minor, reading.currency) or "none"}
    facts["list price"] = amount(reading.list_price_minor, reading.currency)
    facts |= {"stock": reading.stock, "kind": reading.kind, "found by": reading.method}
    facts["confidence"] = f"{reading.confidence:.2f}" if reading.price_minor is not None else None
    facts["why"] = reading.reason
    return {label: text for label, text in facts.items() if text}


def _row(candidate: Candidate) -> tuple[str, str, str, str]:
    price = amount(candidate.price_minor, candidate.currency) or candidate.text
    return price, candidate.method, candidate.where, candidate.refused or ""
