"""What a rule finds, and where."""

from typing import NamedTuple


class Finding(NamedTuple):
    """`place` names the panel, variable or annotation; empty: the board as a whole."""

    board: str
    place: str
    text: str

    def __str__(self) -> str:
        return f"{', '.join(filter(None, (self.board, self.place)))}: {self.text}"
