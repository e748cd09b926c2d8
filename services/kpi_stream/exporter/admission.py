"""Which members of cuts Prometheus gets."""

from collections.abc import Mapping
from datetime import date

from services.common.windows import Period
from services.kpi_stream.kpis.cuts import Cut

MAX_SERIES = 9_500
"""Below Prometheus's `sample_limit` of 10,000: a scrape over the limit would be thrown away whole."""


class Admission:
    """Which members of cuts Prometheus gets: first come, for the quarter, as long as their series have room.

    `costs` are the series that one member can have at most, by cut. A member is let in where there is room for all of
    these; once it is known how many it really has, the rest is room again. Who had to go stays out for the quarter. A
    member that is not admitted is not worked out either.
    """

    def __init__(self, costs: Mapping[str, int], most: int = MAX_SERIES) -> None:
        self._costs = costs
        self._most = most
        self._quarter: date | None = None
        self._admitted: dict[tuple[str, str], None] = {}
        self._refused: set[tuple[str, str]] = set()
        self._gone: set[tuple[str, str]] = set()
        self._taken = 0

    def admits(self, cut: Cut, member: str, today: date) -> bool:
        quarter = Period.QUARTER.first_day(today)
        if quarter != self._quarter:
            self._quarter, self._taken = quarter, 0
            self._admitted, self._refused, self._gone = {}, set(), set()
        name, cost = (cut.name, member), self._costs[cut.name]
        if name in self._admitted:
            return True
        if name in self._gone or self._taken + cost > self._most:
            self._refused.add(name)
            return False
        self._taken += cost
        self._admitted[name] = None
        self._refused.discard(name)
        return True

    def fits(self, series: int) -> bool:
        """So many series came of all who were admitted. Where they are too many, who came last has to go."""
        self._taken = series
        while self._taken > self._most and self._admitted:
            name, _ = self._admitted.popitem()
            self._taken -= self._costs[name[0]]
            self._gone.add(name)
        return series <= self._most

    @property
    def refused(self) -> int:
        """Members that there was no room for in this quarter."""
        return len(self._refused | self._gone)
