"""The `cadran` commands of an operator that concern every service."""

import typer

from services.operations.erasing import commands as erasing


def register(app: typer.Typer) -> None:
    """Each part adds its own."""
    erasing.register(app)
