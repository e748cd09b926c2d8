"""What a reader has read of a state and added up from it, and what of that falls when the state moves."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.kpi_stream.cells import Stretch
from services.kpi_stream.kpis.requests import EntitiesNamed, EntitiesOn, MembersOf, Request
from services.kpi_stream.measures import Address, page

Marks = Mapping[str, tuple[tuple[int, str], ...]]
"""By page: every shard in which it was written to, with the mark of the last commit that did."""


class AtHand:
    """Strings of cells, the currencies of groups, and answers."""

    def __init__(self) -> None:
        self.strings: dict[Address, Sequence[int]] = {}
        self.currencies: dict[str, tuple[str, ...]] = {}
        self.answers: dict[Request, Any] = {}
        self.unread: set[Address] = set()
        self._marks: Marks = {}
        self._pages: dict[str, list[Address]] = {}
        self._noted: set[Request] = set()
        self._readers: dict[Address, list[tuple[int, int, Request]]] = {}

    def knows(self, request: Request) -> bool:
        """Is it noted from which cells a request is answered?"""
        return request in self._noted

    def note(self, request: Request, stretches: Iterable[Stretch]) -> None:
        """A request is answered from these cells; strings that are not at hand are `unread`."""
        self._noted.add(request)
        for address, first, end in stretches:
            self._readers.setdefault(address, []).append((first, end, request))
            if address not in self.strings:
                self.unread.add(address)

    def take(self, strings: Mapping[Address, Sequence[int]]) -> None:
        """Strings that were not at hand."""
        self.strings.update(strings)
        self.unread.difference_update(strings)
        for address in strings:
            own = page(address.group, address.resolution, address.chunk)
            self._pages.setdefault(own, []).append(address)

    def moved(self, marks: Marks) -> list[Address]:
        """The strings whose pages were written to since they were read, by the marks that pages bear now."""
        moved = [own for name, own in self._pages.items() if marks.get(name) != self._marks.get(name)]
        return [address for own in moved for address in own]

    def not_of_cells(self) -> list[Request]:
        """What was asked for that no cell tells, so that no page says whether it has moved."""
        return [request for request in self.answers if isinstance(request, MembersOf | EntitiesOn | EntitiesNamed)]

    def renew(
        self,
        marks: Marks,
        strings: Mapping[Address, Sequence[int]],
        not_of_cells: Mapping[Request, Any],
        currencies: Mapping[str, tuple[str, ...]],
    ) -> None:
        """What has moved, as it is now; answers that rested on it fall."""
        self._marks = marks
        for address, cells in strings.items():
            self._replace(address, cells)
        if currencies != self.currencies:
            self.currencies = dict(currencies)
            self.answers.clear()
            self._noted.clear()
            self._readers.clear()
        self.answers |= {r: found for r, found in not_of_cells.items() if self.answers.get(r) != found}

    def _replace(self, address: Address, cells: Sequence[int]) -> None:
        before = self.strings[address]
        if before == cells:
            return
        self.strings[address] = cells
        changed_first, changed_end = changed(before, cells)
        for first, end, request in self._readers.get(address, ()):
            if first < changed_end and changed_first < end:
                self.answers.pop(request, None)


def changed(before: Sequence[int], after: Sequence[int]) -> tuple[int, int]:
    """From where to where (not included) two strings that differ do so; all of it where one of them is empty."""
    if len(before) != len(after):
        return 0, max(len(before), len(after))
    return _first_difference(before, after), len(after) - _first_difference(before[::-1], after[::-1])


def _first_difference(one: Sequence[int], other: Sequence[int]) -> int:
    """Halving, as two slices are compared much faster than two cells."""
    low, high = 0, len(one)
    while high - low > 1:
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low
