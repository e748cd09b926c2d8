"""`cadran letter …`."""

import typer

from services.board.letter.commands import letter


def register(app: typer.Typer) -> None:
    app.add_typer(letter, name="letter")
