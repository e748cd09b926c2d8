"""The `cadran` commands of an operator that concern every service."""

import typer

from services.operations.access import commands as access
from services.operations.doctor import commands as doctor


def register(app: typer.Typer) -> None:
    """Each part adds its own."""
    access.register(app)
    doctor.register(app)
