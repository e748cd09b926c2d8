"""The board's commands."""

import typer

from services.board import user_commands
from services.board.letter.commands import letter


def register(app: typer.Typer) -> None:
    user_commands.register(app)
    app.add_typer(letter, name="letter")
