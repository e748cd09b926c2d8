"""`cadran import` and `cadran campaigns`."""

import typer

from services.ingest.campaigns import commands as campaign_commands
from services.ingest.importer import commands as importer_commands


def register(app: typer.Typer) -> None:
    importer_commands.register(app)
    campaign_commands.register(app)
