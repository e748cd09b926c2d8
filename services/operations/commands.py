"""The `cadran` commands of an operator that concern every service."""

import typer

from services.operations.access import commands as access
from services.operations.backup import commands as backup
from services.operations.doctor import commands as doctor
from services.operations.erasing import commands as erasing


def register(app: typer.Typer) -> None:
    """Each part adds its own."""
    access.register(app)
    backup.register(app)
    doctor.register(app)
    erasing.register(app)
