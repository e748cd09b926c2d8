"""Server-sent events, as a browser hears them."""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

import httpx


class Pushed(NamedTuple):
    """An event that has come whole."""

    name: str
    data: str


def pushed(stream: httpx.Response) -> Iterator[Pushed]:
    """The events of a stream, each once the empty line that ends it is there."""
    for is_event, lines in groupby(stream.iter_lines(), bool):
        if is_event:
            fields = [text.partition(": ")[::2] for text in lines]
            yield Pushed(*("\n".join(value for key, value in fields if key == name) for name in ("event", "data")))
