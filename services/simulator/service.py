"""Living the company: its past sent at full speed, then each event when it is due."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
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
        waiting: list[tuple[datetime, int, Happening]] = []
        count = 0
        for day in self._days(moment):
            for happening in [*(self.opening() if day == self._first else ()), *self.day(day)]:
                count += 1
                heapq.heappush(waiting, (happening.arrives, count, happening))
            midnight = datetime(day.year, day.month, day.day, tzinfo=self._zone) + DAY
            while waiting and waiting[0][0] < min(midnight, moment):
                yield heapq.heappop(waiting)[2]
        while waiting and waiting[0][0] <= moment:
            yield heapq.heappop(waiting)[2]

    def between(self, after: datetime, until: datetime) -> list[Happening]:
        """What arrives after one moment and by another."""
        return [happening for happening in self.until(until) if happening.arrives > after]

    def _days(self, moment: datetime) -> Iterator[date]:
        day, last = self._first, moment.astimezone(self._zone).date()
        while day <= last:
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
