"""`cadran import`, `cadran campaigns` and `cadran connectors`."""

import typer

from services.ingest.campaigns import commands as campaign_commands
from services.ingest.connectors import commands as connector_commands
from services.ingest.importer import commands as importer_commands


def register(app: typer.Typer) -> None:
    importer_commands.register(app)
    campaign_commands.register(app)
    connector_commands.register(app)
