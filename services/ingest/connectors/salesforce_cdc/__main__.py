"""`python -m services.ingest.connectors.salesforce_cdc ACCOUNT`: the process. It is wired here and nowhere else."""

import asyncio
from typing import Annotated, cast

import grpc
import httpx
import typer

from services.common.errors import CadranError, NotFound
from services.common.logging import configure_logging
from services.common.settings import Port, Settings
from services.ingest.connectors.accounts import AccountReader, Configured, FollowedAccounts
from services.ingest.connectors.reading.names import Pseudonyms
from services.ingest.connectors.salesforce_cdc.bus import OPTIONS
from services.ingest.connectors.salesforce_cdc.following import Following, Place
from services.ingest.connectors.vendors import CONNECTORS
from services.ingest.connectors.vendors.salesforce.reading import SalesforceAccount
from services.ingest.settings import IngestSettings

TIMEOUT = 30.0


def main(
    account: Annotated[str, typer.Argument(help="The account of Salesforce in the file of accounts.")],
    gateway: Annotated[str, typer.Option(help="The gateway's address; empty: the local one.")] = "",
) -> None:
    """Hand an account's change events on to the gateway, for ever."""
    settings = Settings.load()
    configure_logging("salesforce_cdc", level=settings.log_level, log_format=settings.log_format)
    try:
        found = _account(IngestSettings.load(), account)
        asyncio.run(_follow(settings, found, gateway or f"http://127.0.0.1:{settings.port(Port.INGEST)}"))
    except CadranError as error:
        typer.echo(f"salesforce_cdc: {error}", err=True)
        raise typer.Exit(1) from None


def _account(ingest: IngestSettings, name: str) -> Configured:
    nobody = Pseudonyms("")  # whom a change is about is said by the gateway
    accounts = FollowedAccounts(ingest.connectors_file, AccountReader(CONNECTORS, nobody))
    accounts.load()
    found = accounts.find("salesforce", name)
    if found is None:
        raise NotFound(f"salesforce has no account {name!r}", mend=f"add it to {ingest.connectors_file}")
    return found


async def _follow(settings: Settings, account: Configured, gateway: str) -> None:
    words = cast(SalesforceAccount, account.words)
    place = Place(settings.local_dir / "salesforce" / f"{account.name}.place", words.channel)

    def connect() -> grpc.aio.Channel:
        return grpc.aio.secure_channel(words.pubsub, grpc.ssl_channel_credentials(), options=OPTIONS)

    async with httpx.AsyncClient(base_url=gateway, timeout=TIMEOUT) as http:
        await Following(account, place, http, connect=connect).run()


if __name__ == "__main__":
    typer.run(main)
