"""What a rule finds, and where."""

from typing import NamedTuple


class Finding(NamedTuple):
    """`place` names the service, or the line; empty: the file as a whole."""

    file: str
    place: str
    text: str

    def __str__(self) -> str:
        return f"{', '.join(filter(None, (self.file, self.place)))}: {self.text}"
