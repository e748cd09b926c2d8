"""`cadran campaigns …`."""

import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlencode

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from services.common.client import ApiClient
from services.common.csv_rows import read_rows
from services.common.errors import Invalid
from services.common.printing import console, moment, say
from services.common.settings import Settings
from services.ingest.campaigns import person_commands
from services.ingest.campaigns.answers import AssignmentsAnswer, CampaignsAnswer, Standing
from services.ingest.campaigns.bodies import HEADER, Line, customers_of, lines
from services.ingest.campaigns.records import Assignment, Campaign
from services.ingest.client import KeyFile, Url, gateway_client

BATCH = 1000

campaigns = typer.Typer(
    help="Campaigns with a random hold-out: set one up, ask who is contacted, look at how it stands.",
    no_args_is_help=True,
)

CampaignId = Annotated[
    str, typer.Argument(metavar="CAMPAIGN", help="Its id, as `customer.contacted` bears it: autumn.")
]


def register(app: typer.Typer) -> None:
    app.add_typer(campaigns, name="campaigns")
    person_commands.register(campaigns)


@campaigns.command("set")
def set_up(
    campaign: CampaignId,
    share: Annotated[float, typer.Option(help="The share of customers to contact: 0.9 holds one in ten out.")],
    seed: Annotated[
        str | None, typer.Option(help="What the draw starts from. Left out: made at random. It never changes.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What people call it. Left out: its id.")] = None,
    url: Url = "",
    key_file: KeyFile = None,
) -> None:
    """Set a campaign up, or change its share: whoever was drawn before stays where they are."""
    given = {"share": share, "seed": seed, "name": name}
    with gateway_client(url, key_file) as client:
        kept = msgspec.json.decode(client.told("PUT", _path(campaign), given), type=Campaign)
    say(f"{kept.campaign_id}: {kept.share:.1%} of those who are drawn from now on are contacted (seed {kept.seed})")


@campaigns.command("list")
def list_all(url: Url = "", key_file: KeyFile = None) -> None:
    """List the campaigns."""
    zone = Settings.load().zone
    shown = Table("campaign", "name", "share", "contact", "hold-out", "balance", "set up", box=None)
    with gateway_client(url, key_file) as client:
        for each in _all(client):
            verdict = each.balance.verdict.replace("_", " ")
            counts = (f"{each.share:.1%}", f"{each.contact:,}", f"{each.holdout:,}")
            shown.add_row(escape(each.campaign_id), escape(each.name), *counts, verdict, moment(each.created_at, zone))
    console.print(shown)


@campaigns.command("show")
def show(campaign: CampaignId, url: Url = "", key_file: KeyFile = None) -> None:
    """Show a campaign: its share and seed, how many are in each group, whether that fits the shares."""
    with gateway_client(url, key_file) as client:
        found = msgspec.json.decode(client.told("GET", _path(campaign)), type=Standing)
    zone = Settings.load().zone
    say(f"{'campaign':<12}{found.campaign_id}")
    say(f"{'name':<12}{found.name}")
    say(f"{'share':<12}{found.share:.1%} of those who are drawn from now on")
    say(f"{'seed':<12}{found.seed}")
    say(f"{'set up':<12}{moment(found.created_at, zone)}")
    say(f"{'contact':<12}{found.contact:,}")
    say(f"{'hold-out':<12}{found.holdout:,}")
    say(f"{'balance':<12}{found.balance.text}")


@campaigns.command("assign")
def assign(
    campaign: CampaignId,
    file: Annotated[
        Path | None, typer.Argument(help="A CSV file in UTF-8 with the one column customer_id.", show_default=False)
    ] = None,
    customer: Annotated[
        list[str] | None, typer.Option(help="A customer's id, instead of a file; repeat it for more.")
    ] = None,
    url: Url = "",
    key_file: KeyFile = None,
) -> None:
    """Say who is contacted and who is held out, as CSV: customer_id, group, assigned_at.

    Who was not asked about before is drawn now, for good. Doing it again says the same.
    """
    customers = _customers(file, customer or [])
    drawn: list[Assignment] = []
    with gateway_client(url, key_file) as client:
        for part in _parts(customers):
            told = client.told("POST", f"{_path(campaign)}/assignments", {"customers": part})
            drawn += msgspec.json.decode(told, type=AssignmentsAnswer).assignments
    sys.stdout.write(HEADER + lines(drawn))  # all or nothing: half a table would be taken for the whole


def _customers(file: Path | None, given: Sequence[str]) -> Sequence[str]:
    if (file is None) == (not given):
        mend = "`cadran campaigns assign autumn customers.csv`, or `… assign autumn --customer C-1`"
        raise Invalid("name a file or customers, one of the two", mend=mend)
    return given if file is None else customers_of(read_rows(file, Line))


def _parts(customers: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(customers)
    while part := list(islice(rest, BATCH)):
        yield part


def _all(client: ApiClient) -> Iterator[Standing]:
    after = ""
    while True:
        told = client.told("GET", f"/v1/campaigns?{urlencode({'after': after})}")
        answer = msgspec.json.decode(told, type=CampaignsAnswer)
        yield from answer.campaigns
        if not answer.next:
            return
        after = answer.next


def _path(campaign: str) -> str:
    return f"/v1/campaigns/{quote(campaign, safe='')}"
