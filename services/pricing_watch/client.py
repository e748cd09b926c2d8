"""pricing_watch, as its own commands reach it."""

from pathlib import Path
from typing import Annotated

import typer

from services.common.client import ApiClient, read_key
from services.common.settings import Port, Settings

Url = Annotated[str, typer.Option(help="The price watcher. Empty: the local stack's.")]
KeyFile = Annotated[Path | None, typer.Option(help="A file with the API key. Empty: the local stack's.")]


def pricing_client(url: str, key_file: Path | None) -> ApiClient:
    """A client of the service that the two options name."""
    settings = Settings.load()
    key = read_key(key_file or settings.local_dir / "dev.key")
    return ApiClient("the price watcher", url or f"http://127.0.0.1:{settings.port(Port.PRICING)}", key)
