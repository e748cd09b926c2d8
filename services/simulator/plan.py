"""What happens: every event that begins on a day, with all that follows from it, made from the seed and the day alone.

So any day can be made again, and the past that was loaded and the day that is lived fit together.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from services.simulator.company import ANONYMOUS, REPS, SHOPS, Shop, season
from services.simulator.contacts import contacts_of_day
from services.simulator.customers import hundreds_on, someone
from services.simulator.leads import leads_of_day
from services.simulator.orders import campaigns_at, order
from services.simulator.prices import prices_of_day
from services.simulator.statements import statements_of_day
from services.simulator.surveys import surveys_of_day
from services.simulator.win_back import win_back_of_day

SOURCE = "/simulator"
DUPLICATED, LATE = 0.01, 0.01


class Happening(NamedTuple):
    """An event, and when it arrives: late ones come hours or days after they happened."""

    arrives: datetime
    event: dict[str, Any]


class Day:
    """One day being made up."""

    def __init__(self, day: date, *, seed: int, today: date, zone: ZoneInfo, closed: bool) -> None:
        self.day = day
        self.seed = seed
        self.today = today
        self.zone = zone
        self.closed = closed
        self.hundreds = hundreds_on(day, today)
        self.random = Random(f"{seed}/{day.isoformat()}")
        self._tag = f"{day:%y%m%d}"
        self._counts: Counter[str] = Counter()

    def midnight(self, days: int = 0) -> datetime:
        """The beginning of the day, or of one some days later, by the clock on the wall."""
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=self.zone) + timedelta(days=days)

    def instant(self, hours: float) -> datetime:
        """Some hours into the day by the clock on the wall; the seconds are made up."""
        moment = self.midnight() + timedelta(hours=hours, seconds=self.random.randrange(60))
        return moment.replace(microsecond=0).astimezone(UTC)

    def name(self, prefix: str) -> str:
        """A name that no other thing of any day has."""
        self._counts[prefix] += 1
        return f"{prefix}-{self._tag}-{self._counts[prefix]}"

    def count(self, prefix: str) -> int:
        """How many things were named so."""
        return self._counts[prefix]

    def happen(
        self, event_type: str, subject: str | None, time: datetime, data: Mapping[str, Any]
    ) -> Iterator[Happening]:
        """An event as its source sends it: now and then late, or twice."""
        event = {
            "specversion": "1.0",
            "id": self.name("e"),
            "source": SOURCE,
            "type": event_type,
            "time": time.isoformat(),
            "data": {name: value for name, value in data.items() if value is not None},
        }
        if subject is not None:
            event["subject"] = subject
        late = timedelta(hours=self.random.expovariate(1 / 9)) if self.random.random() < LATE else timedelta(0)
        yield Happening(time + late, event)
        if self.random.random() < DUPLICATED:
            yield Happening(time + late + timedelta(minutes=self.random.randint(1, 300)), event)


def plan(day: date, *, seed: int, today: date, zone: ZoneInfo, closed: bool) -> list[Happening]:
    """All that begins on a day. `closed`: a public holiday, on which shops do not open."""
    made = Day(day, seed=seed, today=today, zone=zone, closed=closed)
    happenings = [
        *statements_of_day(made),
        *(happening for shop in SHOPS for happening in _shop_day(made, shop)),
        *leads_of_day(made),
        *win_back_of_day(made),
    ]
    return [
        *happenings,
        *surveys_of_day(made, happenings),
        *prices_of_day(made),
        *contacts_of_day(made, happenings),
    ]


def _shop_day(made: Day, shop: Shop) -> Iterator[Happening]:
    """A shop's orders with what follows from them, and its visitors."""
    if shop.channel == "store" and (made.closed or made.day.weekday() == 6):
        return
    uplift = max((campaign.uplift for campaign in campaigns_at(shop, made.day)), default=1.0)
    expected = shop.orders * season(made.day, made.today) * uplift
    orders = max(0, round(made.random.gauss(expected, math.sqrt(expected) * 1.3)))
    for _ in range(orders):
        time = made.instant(_hour_of(made, shop))
        yield from order(made, shop, time, customer=_buyer(made, shop), rep=_seller(made, shop))
    visitors = round(orders * shop.visitors_per_order * made.random.uniform(0.9, 1.1) / uplift**0.5)
    yield from _visits(made, shop, visitors)


def _buyer(made: Day, shop: Shop) -> str | None:
    """Who buys, if they say so."""
    if shop.channel == "store" and made.random.random() < ANONYMOUS:
        return None
    return someone(made.random, made.hundreds)


def _seller(made: Day, shop: Shop) -> str | None:
    """Who served the customer: in a shop one of the region's reps, most of the time; online nobody."""
    if shop.channel != "store" or made.random.random() < 0.15:
        return None
    return made.random.choice([rep.id for rep in REPS if rep.region == shop.region])


def _hour_of(made: Day, shop: Shop) -> float:
    """When an order is placed: shops open from 9 to 19, people order from home in the evening."""
    if shop.channel == "store":
        return made.random.triangular(9, 19, 15.5)
    return made.random.triangular(6.5, 23.9, 20) if made.random.random() < 0.93 else made.random.uniform(0, 6.5)


def _visits(made: Day, shop: Shop, visitors: int) -> Iterator[Happening]:
    """Visitors: by the hour on the days that are lived, by the day on those that were loaded."""
    if made.day < made.today:
        yield from _count(made, shop, made.midnight(), made.midnight(days=1), visitors)
        return
    first, last = (9, 19) if shop.channel == "store" else (7, 24)
    for hour in range(first, last):
        opens = made.midnight() + timedelta(hours=hour)
        yield from _count(made, shop, opens, opens + timedelta(hours=1), visitors // (last - first))


def _count(made: Day, shop: Shop, start: datetime, end: datetime, visits: int) -> Iterator[Happening]:
    place = {"channel": shop.channel, "store_id": shop.store}
    data = {**place, "from": start.isoformat(), "to": end.isoformat(), "visits": visits}
    yield from made.happen("visits.counted", None, end.astimezone(UTC), data)
