"""The `cadran` commands of an operator that concern every service."""

import typer

from services.operations.backup import commands as backup


def register(app: typer.Typer) -> None:
    """Each part adds its own."""
    backup.register(app)
