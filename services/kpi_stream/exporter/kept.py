"""Results that are kept from one look at a state to the next, each as long as it would be told the same again."""

from collections.abc import Hashable, Sequence
from operator import is_
from typing import Any, Generic, NamedTuple

from services.kpi_stream.exporter.at_hand import AtHand
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.kpis.requests import Asking, Request, T


class Result(NamedTuple, Generic[T]):
    """What came of a computation, from what it was given, and what it was told of what it asked."""

    value: T
    given: Hashable
    asked: Sequence[Request]
    told: Sequence[Any]


class Kept(Generic[T]):
    """Results of one state, while nothing but its cells, and what results are given, can move them."""

    def __init__(self, moment: Moment) -> None:
        self.at_hand = AtHand()
        self._moment = moment
        self._until = moment.world.stands_until()
        self._results: dict[Hashable, Result[T]] = {}

    def goes_on(self, moment: Moment) -> bool:
        """Go on to a later look, if nothing else can have moved results: at the same state, before what numbers are
        read against has changed."""
        before, self._moment = self._moment, moment
        return (
            moment.state == before.state
            and moment.world.calendar is before.world.calendar  # it is made anew whenever something is stated
            and before.world.now <= moment.world.now < self._until
        )

    def result(self, name: Hashable, given: Hashable, asking: Asking[T]) -> Asking[T]:
        """What comes of a computation, carried out only where there is no result that still stands."""
        known = self._results.get(name)
        if known and known.given == given and self._would_be_told(known):
            return known.value
        self._results[name] = found = yield from _written_down(asking, given)
        return found.value

    def _would_be_told(self, known: Result[T]) -> bool:
        """Are the answers at hand the very ones?"""
        return all(map(is_, map(self.at_hand.answers.get, known.asked), known.told))


def _written_down(asking: Asking[T], given: Hashable) -> Asking[Result[T]]:
    """The same computation, with what it asked and was told."""
    asked: list[Request] = []
    told: list[Any] = []
    try:
        requests = next(asking)
        while True:
            answers = yield requests
            asked += requests
            told += answers
            requests = asking.send(answers)
    except StopIteration as done:
        return Result(done.value, given, tuple(asked), tuple(told))
