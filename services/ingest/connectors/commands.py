"""`cadran connectors …`."""

import secrets
import time
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from services.common.client import ApiClient
from services.common.errors import ConfigurationError, Invalid, NotFound
from services.common.printing import console, moment, say
from services.common.settings import Settings
from services.ingest.client import KeyFile, Url, gateway_client
from services.ingest.connectors.answers import (
    AccountAnswer,
    AccountsAnswer,
    DeliveriesAnswer,
    RedactionsAnswer,
    SyncAsked,
)
from services.ingest.connectors.connector import Connector
from services.ingest.connectors.records import DeliveryRecord, Outcome, Sync
from services.ingest.connectors.vendor_page import placed
from services.ingest.connectors.vendors import CONNECTORS

LOOK_SECONDS = 1.0
LOCAL = "http://127.0.0.1"

connectors = typer.Typer(
    help="Shops, CRMs and survey tools whose webhooks are taken: set one up, see what came, pull what was missed.",
    no_args_is_help=True,
)

Vendor = Annotated[str, typer.Argument(metavar="VENDOR", help="shopify, hubspot, … : `cadran connectors vendors`.")]
AccountName = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its name in the file of accounts.")]


def register(app: typer.Typer) -> None:
    app.add_typer(connectors, name="connectors")


@connectors.command("vendors")
def vendors() -> None:
    """List the vendors, and the page that explains each."""
    shown = Table("vendor", "", "explained in", box=None)
    for connector in CONNECTORS.values():
        shown.add_row(connector.vendor, connector.facts.title, f"docs/connectors/{connector.vendor}.md")
    console.print(shown)


@connectors.command("list")
def list_all(url: Url = "", key_file: KeyFile = None) -> None:
    """List the accounts of the file, and how each stands."""
    zone = Settings.load().zone
    shown = Table("vendor", "account", "secrets", "last delivery", "what it became", "last pull", box=None)
    with gateway_client(url, key_file) as client:
        answer = msgspec.json.decode(client.told("GET", "/v1/connectors"), type=AccountsAnswer)
        found = answer.accounts
        for each in found:
            last = next(iter(_deliveries(client, each, limit=1)), None)
            came = (moment(last.received_at, zone), _became(last)) if last else ("none yet", "")
            pull = moment(each.sync.started_at, zone) if each.sync else ""
            shown.add_row(each.vendor, each.account, str(each.secrets), came[0], escape(came[1]), pull)
    if found:
        console.print(shown)
    elif not answer.fault:
        say("no accounts: add one to the file of accounts (CADRAN_INGEST_CONNECTORS), see docs/connectors.md")
    if answer.fault:
        raise ConfigurationError(f"what is listed holds on, for {answer.fault}")


@connectors.command("deliveries")
def list_deliveries(
    vendor: Vendor,
    account: AccountName,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many of the last.")] = 20,
    url: Url = "",
    key_file: KeyFile = None,
) -> None:
    """List the last deliveries of an account, and what each became, with the reason where nothing was made of it."""
    path = f"/v1/connectors/{_connector(vendor).vendor}/{account}/deliveries?limit={limit}"
    with gateway_client(url, key_file) as client:
        for each in msgspec.json.decode(client.told("GET", path), type=DeliveriesAnswer).deliveries:
            _say_delivery(each)


@connectors.command("secret")
def make_secret(
    file: Annotated[Path, typer.Argument(help="Where to write it; the account's `secret_file`.")],
) -> None:
    """Make a secret that vendors let you choose, write it to a file that only you can read, and show it once."""
    if file.exists():
        raise ConfigurationError(
            f"{file} is there already", mend="add a second line to change it, or name another file"
        )
    if not file.parent.is_dir():
        raise ConfigurationError(f"there is no folder {file.parent}", mend="make it, or mend the path")
    file.touch(mode=0o600)
    secret = secrets.token_urlsafe(32)
    file.write_text(f"{secret}\n")
    print(secret)


@connectors.command("check")
def check(
    vendor: Vendor,
    account: AccountName,
    wait: Annotated[float, typer.Option(help="Seconds to wait for a delivery.")] = 300.0,
    url: Url = "",
    key_file: KeyFile = None,
) -> None:
    """Walk through the set-up of an account, wait for a delivery, and say what it became."""
    connector = _connector(vendor)
    with gateway_client(url, key_file) as client:
        found = msgspec.json.decode(client.told("GET", f"/v1/connectors/{vendor}/{account}"), type=AccountAnswer)
        _explain(connector, found)
        if not found.secrets:
            mend = (
                "put the vendor's secret into the account's `secret_file`, or make one: `cadran connectors secret FILE`"
            )
            raise ConfigurationError("no secret is set: nothing is taken", mend=mend)
        outcomes = _await(client, found, wait)
    if Outcome.REFUSED in outcomes:
        raise typer.Exit(1)


@connectors.command("sync")
def sync(
    vendor: Vendor,
    account: AccountName,
    since: Annotated[str, typer.Option(metavar="DAY", help="The first day whose changes are asked for: 2026-11-01.")],
    url: Url = "",
    key_file: KeyFile = None,
) -> None:
    """Ask the vendor for everything that changed since a day. The gateway does it: this only looks on."""
    path = f"/v1/connectors/{_connector(vendor).vendor}/{account}"
    with gateway_client(url, key_file) as client:
        begun = msgspec.json.decode(client.told("POST", f"{path}/sync", SyncAsked(_midnight(since))), type=Sync)
        done = _look_on(client, path, begun)
    say(f"{done.objects:,} objects, {done.events:,} events; {done.left_out:,} could not be read")
    if done.left_out:
        raise typer.Exit(1)


@connectors.command("redactions")
def redactions(url: Url = "", key_file: KeyFile = None) -> None:
    """List demands to forget people, and what they erased. `cadran survey erase` erases what surveys know."""
    zone = Settings.load().zone
    shown = Table("when", "vendor", "account", "demand", "customers", "rows erased", box=None)
    with gateway_client(url, key_file) as client:
        answer = msgspec.json.decode(client.told("GET", "/v1/connectors/redactions"), type=RedactionsAnswer)
    for each in answer.redactions:
        counts = (str(each.customers), str(each.erased))
        shown.add_row(moment(each.received_at, zone), each.vendor, each.account, escape(each.topic), *counts)
    console.print(shown)


def _connector(vendor: str) -> Connector:
    connector = CONNECTORS.get(vendor)
    if connector is None:
        raise NotFound(f"no vendor is called {vendor!r}", mend=f"the vendors are {', '.join(CONNECTORS)}")
    return connector


def _explain(connector: Connector, account: AccountAnswer) -> None:
    """The set-up, step by step."""
    places = {"url": account.url, "secret_file": account.secret_file or "secret_file", "account": account.account}
    say(f"{connector.facts.title}: what to do (docs/connectors/{connector.vendor}.md says more)\n")
    for number, step in enumerate(connector.facts.steps, 1):
        say(f"{number:>3}. {placed(step, places)}")
    say(f"\n{'address':<10}{account.url}")
    if account.url.startswith(LOCAL):
        say(f"{'':<10}no vendor reaches it: set CADRAN_INGEST_PUBLIC_URL to the address that your proxy has outside")
    say(f"{'secrets':<10}{account.secrets or 'none yet'}")
    say(f"{'topics':<10}{', '.join(topic.name for topic in connector.facts.topics)}")
    if connector.facts.test:
        say(f"{'a trial':<10}{connector.facts.test}")
    say("")


def _await(client: ApiClient, before: AccountAnswer, wait: float) -> list[Outcome]:
    """Wait for something to come, and tell it.

    :raises NotFound: when nothing does.
    """
    path = f"/v1/connectors/{before.vendor}/{before.account}"
    last = max((each.id for each in _deliveries(client, before, limit=1)), default=0)
    deadline = time.monotonic() + wait
    now = before
    with console.status("waiting for a delivery"):
        while time.monotonic() < deadline:
            if came := _deliveries(client, before, after=last, limit=100):
                for each in came:
                    _say_delivery(each)
                return [each.outcome for each in came]
            now = msgspec.json.decode(client.told("GET", path), type=AccountAnswer)
            if now.greeted_at != before.greeted_at:
                say("the vendor tried the address, and was answered")
                return [Outcome.GREETED]
            time.sleep(LOOK_SECONDS)
    refused = now.unsigned - before.unsigned
    if refused:
        raise NotFound(
            f"{refused} came within {wait:.0f} s and were not signed with the secret",
            mend="compare it with the vendor's",
        )
    raise NotFound(f"nothing came within {wait:.0f} s", mend="does the vendor reach the address?")


def _say_delivery(delivery: DeliveryRecord) -> None:
    when = moment(delivery.received_at, Settings.load().zone)
    say(f"{when}  {delivery.topic or 'a delivery'}: {_became(delivery)}")


def _deliveries(client: ApiClient, account: AccountAnswer, *, after: int = 0, limit: int) -> list[DeliveryRecord]:
    path = f"/v1/connectors/{account.vendor}/{account.account}/deliveries?after={after}&limit={limit}"
    return msgspec.json.decode(client.told("GET", path), type=DeliveriesAnswer).deliveries


def _became(delivery: DeliveryRecord) -> str:
    return " - ".join(filter(None, (delivery.outcome.value, delivery.made, delivery.reason)))


def _midnight(day: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), datetime.min.time(), Settings.load().zone)
    except ValueError:
        raise Invalid(f"{day!r} is no day", field="--since", mend="write 2026-11-01") from None


def _look_on(client: ApiClient, path: str, begun: Sync) -> Sync:
    """Show how far a pull is until it is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("objects,"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task("asking", total=None)
        while True:
            sync = msgspec.json.decode(client.told("GET", path), type=AccountAnswer).sync
            if sync is None or sync.started_at != begun.started_at:
                raise NotFound("another pull was begun", mend="`cadran connectors list` shows how it stands")
            progress.update(task, completed=sync.objects, total=sync.total, description=sync.fault or "asking")
            if sync.finished_at is not None:
                return sync
            time.sleep(LOOK_SECONDS)
