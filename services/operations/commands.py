"""The `cadran` commands of an operator that concern every service."""

import typer

from services.operations.doctor import commands as doctor_commands


def register(app: typer.Typer) -> None:
    """Each part adds its own."""
    doctor_commands.register(app)
