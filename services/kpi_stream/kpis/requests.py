"""Requests: what a computation that does no I/O asks to be read, and how several are run side by side."""

from collections.abc import Generator, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import msgspec

from services.common.calendar import Span
from services.kpi_stream.measures import MeasureGroup

T = TypeVar("T")


class Sum(msgspec.Struct, frozen=True, gc=False):
    """A request: the measures of a group, for a member of a cut, over a span."""

    group: MeasureGroup
    cut: str
    member: str
    span: Span


class CountsByDay(msgspec.Struct, frozen=True, gc=False):
    """A request: the counts of a group for a member of a cut, for each day of a span of whole days."""

    group: MeasureGroup
    cut: str
    member: str
    span: Span


DailyCounts = Mapping[date, Mapping[str, int]]
"""What `CountsByDay` is answered: counts by day, then by measure."""


class MembersOf(msgspec.Struct, frozen=True, gc=False):
    """A request: the members that a cut of a group has ever had."""

    group: MeasureGroup
    cut: str


class EntitiesOn(msgspec.Struct, frozen=True, gc=False):
    """A request: the entities of a kind that count on a day."""

    kind: str
    day: date


class EntitiesNamed(msgspec.Struct, frozen=True, gc=False):
    """A request: the entities of a kind that bear some ids."""

    kind: str
    ids: tuple[str, ...]


Request = Sum | CountsByDay | MembersOf | EntitiesOn | EntitiesNamed
Asking = Generator[Sequence[Request], Sequence[Any], T]
"""A computation that does no I/O: it yields what it asks to read and is sent the answers in that order, a `Totals`
for a `Sum`, `DailyCounts` for `CountsByDay`, a set of names for `MembersOf`, entities for `EntitiesOn`, entities by id
for `EntitiesNamed`; then it returns a `T`."""


def together(askings: Sequence[Asking[T]]) -> Asking[list[T]]:
    """Run several computations side by side, their requests put together, so that each round is one reading."""
    results: dict[int, T] = {}
    waiting: dict[int, Sequence[Request]] = {}

    def step(i: int, answers: Sequence[Any] | None) -> None:
        try:
            waiting[i] = next(askings[i]) if answers is None else askings[i].send(answers)
        except StopIteration as done:
            waiting.pop(i, None)
            results[i] = done.value

    for i in range(len(askings)):
        step(i, None)
    while waiting:
        round_ = dict(waiting)
        answers = yield [request for requests in round_.values() for request in requests]
        start = 0
        for i, requests in round_.items():
            step(i, answers[start : start + len(requests)])
            start += len(requests)
    return [results[i] for i in range(len(askings))]
