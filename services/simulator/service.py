"""Living the company: its past sent at full speed, then each event when it is due."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

from services.common.calendar import DAY
from services.simulator.plan import Day, Happening, plan
from services.simulator.statements import opening_statements

IsHoliday = Callable[[date], bool]


class Company:
    """All that happens from a first day on, in the order in which it arrives."""

    def __init__(self, *, seed: int, first: date, today: date, zone: ZoneInfo, is_holiday: IsHoliday) -> None:
        self._seed = seed
        self._first = first
        self._today = today
        self._zone = zone
        self._is_holiday = is_holiday

    def opening(self) -> list[Happening]:
        """What has to be known before anything happens."""
        made = Day(self._first, seed=self._seed, today=self._today, zone=self._zone, closed=False)
        made.random.seed(f"{self._seed}/opening")
        return [h._replace(event={**h.event, "id": f"opening-{h.event['id']}"}) for h in opening_statements(made)]

    def day(self, day: date) -> list[Happening]:
        """All that begins on a day."""
        return plan(day, seed=self._seed, today=self._today, zone=self._zone, closed=self._is_holiday(day))

    def until(self, moment: datetime) -> Iterator[Happening]:
        """Everything that has arrived by a moment, in order."""
        return takewhile(lambda happening: happening.arrives <= moment, self.all())

    def all(self) -> Iterator[Happening]:
        """Everything that ever arrives, in order, without end."""
        waiting: list[tuple[datetime, int, Happening]] = []
        count = 0
        for day in self._days():
            for happening in [*(self.opening() if day == self._first else ()), *self.day(day)]:
                count += 1
                heapq.heappush(waiting, (happening.arrives, count, happening))
            midnight = datetime(day.year, day.month, day.day, tzinfo=self._zone) + DAY
            while waiting and waiting[0][0] < midnight:
                yield heapq.heappop(waiting)[2]

    def _days(self) -> Iterator[date]:
        day = self._first
        while True:
            yield day
            day += DAY


def batches(happenings: Iterator[Happening], size: int) -> Iterator[Sequence[Happening]]:
    """Consecutive happenings, so many at a time."""
    batch: list[Happening] = []
    for happening in happenings:
        batch.append(happening)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
