"""`cadran prices check`: try a page, and see every price that stands on it and which one is taken."""

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from services.common.errors import ConfigurationError
from services.common.printing import amount, console, say
from services.pricing_watch.records import Candidate, Reading, Wanted

MOST_SHOWN = 20


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
    # Every other command would wait for what reads pages to be loaded.
    from services.pricing_watch.trying import read_address, read_bytes

    reading = read_address(page, wanted, render) if "://" in page else read_bytes(_bytes(page), url, wanted)
    if as_json:
        sys.stdout.write(msgspec.json.encode(reading).decode() + "\n")
    else:
        _show(reading)


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
        table.add_row(*(escape(cell) for cell in _row(candidate)))
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
