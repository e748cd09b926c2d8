"""What the checks of deployed files find, and how they tell it."""

import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple, NoReturn

from services.common.errors import CadranError


class Finding(NamedTuple):
    """`place` names what it is about in the file (a panel, a service, a line); empty: the file as a whole."""

    file: str
    place: str
    text: str

    def __str__(self) -> str:
        return f"{', '.join(filter(None, (self.file, self.place)))}: {self.text}"


def tell(find: Callable[[], Iterable[Finding]]) -> NoReturn:
    """Print what is wrong, and end the process: with status 1 if anything is."""
    try:
        found = list(find())
    except CadranError as error:
        sys.exit(str(error))
    for finding in found:
        print(finding)
    sys.exit(1 if found else 0)
