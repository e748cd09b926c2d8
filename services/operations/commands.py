"""The `cadran` commands of an operator that concern every service."""

import typer


def register(app: typer.Typer) -> None:
    """Each part adds its own."""
