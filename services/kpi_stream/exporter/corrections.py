"""Late corrections: what was heard of a day after its number had been shown. Pure.

The number of a day is *first shown* when the day has closed and something of it has been heard, whoever's it is. An
event is a late correction of the day if it tells what had happened by the close of the day, and was heard when its
number had been shown for a while. So an import of history corrects nothing, and what happens later (a return, an
answer) is news of its own day.
"""

from collections.abc import Iterable

from services.common.calendar import DAY, BusinessCalendar
from services.kpi_stream.entities.provenance import Said
from services.kpi_stream.measures import date_of, day_at


class FirstShown:
    """When the number of each day was first shown, by all that counts on it.

    `settled_after`: for how many seconds from then on what is heard corrects nothing.
    """

    def __init__(self, calendar: BusinessCalendar, settled_after: int) -> None:
        self._calendar, self._settled_after = calendar, settled_after
        self._first_heard: dict[int, int] = {}
        self._settled: dict[int, int] = {}

    def take_in(self, days: Iterable[int], heard: Iterable[Said]) -> None:
        """Something counts on some days, by what was heard of it. Before anything is asked."""
        known = [(self._day_of(said), said.received) for said in heard]
        for day in days:
            by_then = [received for happened_on, received in known if happened_on <= day]
            if by_then:
                self._first_heard[day] = min(*by_then, self._first_heard.get(day, by_then[0]))

    def is_late(self, said: Said, days: Iterable[int]) -> bool:
        """Is it a late correction of one of the days on which its entity counts?"""
        happened_on = self._day_of(said)
        return any(happened_on <= day and said.received > self._settled_at(day) for day in days)

    def _day_of(self, said: Said) -> int:
        return day_at(said.at // 1_000_000, self._calendar.zone)

    def _settled_at(self, day: int) -> int:
        """From when on what is heard of a day is a correction, in seconds since 1970."""
        if day not in self._settled:
            closed = int(self._calendar.midnight(date_of(day) + DAY).timestamp())
            self._settled[day] = max(closed, self._first_heard[day]) + self._settled_after
        return self._settled[day]
