"""`cadran campaigns forget`: the right to be forgotten. Works on the database itself, while the gateway runs."""

import asyncio
from functools import partial
from typing import Annotated

import typer

from services.common.database import database_url, opened
from services.common.errors import NotFound
from services.common.settings import Settings
from services.ingest.campaigns import store
from services.ingest.settings import IngestSettings
from services.ingest.tables import SCHEMA


def register(group: typer.Typer) -> None:
    group.command("forget")(forget)


def forget(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id, as it was asked about.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
) -> None:
    """Forget what was drawn for a customer, in every campaign."""
    given = IngestSettings.load().database.get_secret_value()
    with opened(database_url(given, Settings.load().local_dir, SCHEMA), SCHEMA) as database:
        groups = asyncio.run(database.read(partial(store.groups_of, customer_id=customer)))
        if not groups:
            raise NotFound(f"nothing was drawn for {customer!r}", mend="check the id")
        print(", ".join(f"{campaign_id}: {group.value}" for campaign_id, group in groups.items()))
        if not yes:
            typer.confirm("Forget? There is no way back.", abort=True)
        asyncio.run(database.write(partial(store.forget, customer_id=customer)))
        database.forget()
    print("forgotten")
