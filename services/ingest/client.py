"""The gateway, as its own commands reach it."""

from pathlib import Path
from typing import Annotated

import typer

from services.common.client import ApiClient, local_client
from services.common.settings import Port

Url = Annotated[str, typer.Option(help="The gateway. Empty: the local stack's.")]
KeyFile = Annotated[Path | None, typer.Option(help="A file with the API key. Empty: the local stack's.")]


def gateway_client(url: str, key_file: Path | None) -> ApiClient:
    """A client of the service that the two options name."""
    return local_client("the gateway", Port.INGEST, url, key_file)
