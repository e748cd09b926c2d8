"""The board's commands."""

import typer

from services.board import user_commands


def register(app: typer.Typer) -> None:
    user_commands.register(app)
