"""`cadran prices …`."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlencode

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from services.common.client import ApiClient
from services.common.csv_rows import Rejected, Row
from services.common.errors import ConfigurationError, Invalid
from services.common.file_sending import Batches, File, Item, Rejects, read_all, send_items
from services.common.printing import amount, console, moment, say
from services.common.settings import Settings
from services.pricing_watch import checking
from services.pricing_watch.answers import ExplainAnswer, PageAnswer, PagesAnswer, ProductsAnswer
from services.pricing_watch.client import KeyFile, Url, pricing_client
from services.pricing_watch.judging.judgement import Verdict
from services.pricing_watch.store import WatchedProduct
from services.pricing_watch.watching.given import GivenPrice
from services.pricing_watch.watching.watch_file import load_watch_file
from services.pricing_watch.watching.watch_table import Line, from_rows, to_rows, with_switches

prices = typer.Typer(
    help="Competitors' prices: try a page, what is watched, why a price is believed.", no_args_is_help=True
)
watch = typer.Typer(help="What is watched: list, import, export, drop; check the file.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    prices.command("check")(checking.check)
    prices.add_typer(watch, name="watch")
    app.add_typer(prices, name="prices")


@prices.command("explain")
def explain(
    sku: Annotated[str, typer.Argument(help="Our number of the product.")],
    competitor: Annotated[str, typer.Argument(help="The competitor's name on the watch list.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer, candidates included.")] = False,
    url: Url = "",
    key_file: KeyFile = None,
) -> None:
    """Say why a competitor's price is believed, or not, with the last readings and their evidence."""
    query = urlencode({"sku": sku, "competitor": competitor})
    with pricing_client(url, key_file) as client:
        content = client.told("GET", f"/v1/explain?{query}")
    if as_json:
        sys.stdout.write(content.decode() + "\n")
        return
    answer, zone = msgspec.json.decode(content, type=ExplainAnswer), Settings.load().zone
    say(answer.why)
    say(f"{'price':<14}{_price(answer.page)}")
    say(f"{'comparable':<14}{answer.comparable}")
    say(f"{'page':<14}{answer.address or 'none: prices are given'}")
    say(f"{'next reading':<14}{moment(answer.page.next_reading, zone)}")
    table = Table("read at", "what came", "verdict", "price", "found by", "page (SHA-256)", "why", box=None)
    for reading in answer.readings:
        said = reading.reading
        table.add_row(
            moment(reading.at, zone),
            reading.outcome,
            reading.verdict or "",
            amount(reading.price_minor, reading.currency),
            said.method if said and said.method else "as before",
            (reading.page_hash or "")[:12],
            escape(reading.reason),
        )
    console.print(table)


@prices.command("status")
def status(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many pairs to show.")] = 30,
    url: Url = "",
    key_file: KeyFile = None,
) -> None:
    """Show where pairs stand, those that are read next first."""
    with pricing_client(url, key_file) as client:
        pages = msgspec.json.decode(client.told("GET", f"/v1/pages?limit={limit}"), type=PagesAnswer).pages
    table = Table("next reading", "sku", "competitor", "verdict", "price", "missed", box=None)
    zone = Settings.load().zone
    for page in pages:
        row = (
            moment(page.next_reading, zone),
            escape(page.sku),
            escape(page.competitor),
            page.verdict or "none yet",
            _price(page),
            str(page.missed),
        )
        table.add_row(*row)
    console.print(table)


@prices.command("read")
def read(
    sku: Annotated[str, typer.Argument(help="Our number of the product.")],
    competitor: Annotated[str, typer.Argument(help="The competitor's name on the watch list.")],
    url: Url = "",
    key_file: KeyFile = None,
) -> None:
    """Read a page before it is due, as soon as its host's turn comes."""
    with pricing_client(url, key_file) as client:
        client.told("POST", "/v1/pages/read", {"sku": sku, "competitor": competitor})
    say("it is read as soon as its host's turn comes: `cadran prices explain` shows what came of it")


@prices.command("give")
def give(file: File, rejects: Rejects = None, url: Url = "", key_file: KeyFile = None) -> None:
    """Tell prices that were seen elsewhere: sku, competitor, price, currency, list_price, stock, confirmed, note."""
    rows, rejected = read_all(file, GivenPrice)
    with pricing_client(url, key_file) as client:
        items = [(row.line, with_switches(row.fields, "confirmed")) for row in rows]
        send_items(items, rejected, Batches("POST", "/v1/prices", {}), rejects, client)


@watch.command("list")
def list_watched(url: Url = "", key_file: KeyFile = None) -> None:
    """Show what is watched."""
    table = Table("sku", "name", "own price", "competitors", "edited in", box=None)
    with pricing_client(url, key_file) as client:
        for watched in _watched(client):
            product = watched.product
            own = f"{product.own_price} {product.currency}" if product.own_price else ""
            names = ", ".join(page.competitor for page in product.competitors)
            table.add_row(escape(product.sku), escape(product.name), own, escape(names), watched.origin)
    console.print(table)


@watch.command("import")
def import_file(file: File, rejects: Rejects = None, url: Url = "", key_file: KeyFile = None) -> None:
    """Watch what a table says; a line is a product and one competitor's page. `export` shows the columns.

    A product is replaced by what its lines say. While a line cannot be read, nothing is sent.
    """
    rows, rejected = read_all(file, Line)
    items, unlike = _products_of([] if rejected else rows)
    with pricing_client(url, key_file) as client:
        send_items(items, [*rejected, *unlike], Batches("PUT", "/v1/watch", {}), rejects, client)


@watch.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The CSV file to write.")], url: Url = "", key_file: KeyFile = None
) -> None:
    """Write what is watched as a table, which `import` reads."""
    with pricing_client(url, key_file) as client:
        rows = [row for watched in _watched(client) for row in to_rows(watched.product)]
    try:
        with file.open("w", newline="", encoding="utf-8") as target:
            writer = csv.DictWriter(target, Line.__struct_fields__)
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}", mend="mend its path") from None
    say(f"{len(rows):,} lines in {file}")


@watch.command("drop")
def drop(
    sku: Annotated[str, typer.Argument(help="Our number of the product.")], url: Url = "", key_file: KeyFile = None
) -> None:
    """Watch a product no more."""
    with pricing_client(url, key_file) as client:
        client.told("DELETE", f"/v1/watch/{quote(sku, safe='')}")
    say(f"{sku} is not watched any more")


@watch.command("validate")
def validate(file: Annotated[Path, typer.Argument(help="The file of a watch list (YAML).")]) -> None:
    """Say whether a watch list can be used; of each product that cannot, the first fault with its line."""
    products = load_watch_file(file)
    pages = sum(len(product.competitors) for product in products)
    say(f"good: {len(products):,} products, {pages:,} competitors' pages")


def _products_of(rows: list[Row]) -> tuple[list[Item], list[Rejected]]:
    """The products that lines tell of, each with its first line; lines of one that contradict each other."""
    by_sku: dict[str, list[Row]] = {}
    for row in rows:
        by_sku.setdefault(row.fields.get("sku", f"line {row.line}"), []).append(row)
    items: list[Item] = []
    unlike: list[Rejected] = []
    for lines in by_sku.values():
        try:
            items.append((lines[0].line, from_rows([row.fields for row in lines])))
        except Invalid as error:
            unlike.append(Rejected(lines[0].line, str(error)))
    return items, unlike


def _watched(client: ApiClient) -> Iterator[WatchedProduct]:
    after = ""
    while True:
        answer = msgspec.json.decode(
            client.told("GET", f"/v1/watch?{urlencode({'after': after})}"), type=ProductsAnswer
        )
        yield from answer.products
        if not answer.next:
            return
        after = answer.next


def _price(page: PageAnswer) -> str:
    """What is believed of its price, in words."""
    waiting = f"{amount(page.waiting.price_minor, page.waiting.currency)} waits" if page.waiting else ""
    if page.price is None:
        return waiting or "none"
    known = amount(page.price.price_minor, page.price.currency)
    return known if page.verdict is Verdict.TRUSTED else ", ".join(filter(None, (waiting, f"was {known}")))
