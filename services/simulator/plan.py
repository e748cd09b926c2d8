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

from services.simulator.company import (
    CAMPAIGNS,
    PRODUCTS,
    REGIONS,
    REPS,
    SHOPS,
    Campaign,
    Shop,
    promotion_id,
    running,
    season,
)
from services.simulator.leads import leads_of_day
from services.simulator.prices import prices_of_day
from services.simulator.statements import statements_of_day
from services.simulator.surveys import surveys_of_day

SOURCE = "/simulator"
DUPLICATED, LATE, EDITED, CANCELLED = 0.01, 0.01, 0.015, 0.012


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
        self.random = Random(f"{seed}/{day.isoformat()}")
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
        return f"{prefix}-{self.day:%y%m%d}-{self._counts[prefix]}"

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
        *leads_of_day(made, order),
    ]
    return [*happenings, *surveys_of_day(made, happenings), *prices_of_day(made)]


def _shop_day(made: Day, shop: Shop) -> Iterator[Happening]:
    """A shop's orders with what follows from them, and its visitors."""
    if shop.channel == "store" and (made.closed or made.day.weekday() == 6):
        return
    uplift = max((campaign.uplift for campaign in _campaigns(shop, made.day)), default=1.0)
    expected = shop.orders * season(made.day, made.today) * uplift
    orders = max(0, round(made.random.gauss(expected, math.sqrt(expected) * 1.3)))
    for _ in range(orders):
        yield from order(made, shop, made.instant(_hour_of(made, shop)), rep=_seller(made, shop), lead=None)
    visitors = round(orders * shop.visitors_per_order * made.random.uniform(0.9, 1.1) / uplift**0.5)
    yield from _visits(made, shop, visitors)


def _seller(made: Day, shop: Shop) -> str | None:
    """Who served the customer: in a shop one of the region's reps, most of the time; online nobody."""
    if shop.channel != "store" or made.random.random() < 0.15:
        return None
    return made.random.choice([rep.id for rep in REPS if rep.region == shop.region])


def _campaigns(shop: Shop, day: date) -> list[Campaign]:
    return [c for c in CAMPAIGNS if running(c, day) and (not c.channels or shop.channel in c.channels)]


def _hour_of(made: Day, shop: Shop) -> float:
    """When an order is placed: shops open from 9 to 19, people order from home in the evening."""
    if shop.channel == "store":
        return made.random.triangular(9, 19, 15.5)
    return made.random.triangular(6.5, 23.9, 20) if made.random.random() < 0.93 else made.random.uniform(0, 6.5)


def order(made: Day, shop: Shop, time: datetime, *, rep: str | None, lead: str | None) -> Iterator[Happening]:
    """An order; now and then it is edited, cancelled or given back."""
    random, order_id, day = made.random, made.name("A"), time.astimezone(made.zone).date()
    promotions = _campaigns(shop, day)
    discount = max((c.discount for c in promotions), default=0.0)
    lines = [_line(random, discount) for _ in range(random.choices((1, 2, 3, 4), (50, 28, 15, 7))[0])]
    data = {
        "channel": shop.channel,
        "store_id": shop.store,
        "region": shop.region or random.choice(REGIONS),
        "currency": "EUR" if shop.store or random.random() < 0.96 else "GBP",
        "customer_id": f"c-{int(random.paretovariate(0.6)) % 60000}",
        "lead_id": lead,
        "rep_id": rep,
        "promotion_ids": [promotion_id(campaign, day) for campaign in promotions] or None,
        "lines": lines,
    }
    yield from made.happen("order.placed", order_id, time, data)
    if random.random() < EDITED:
        edited = {**data, "lines": [*lines, _line(random, discount)], "revision": 1}
        yield from made.happen("order.placed", order_id, time, edited)
    if random.random() < CANCELLED:
        when = time + timedelta(hours=random.uniform(0.5, 40))
        yield from made.happen("order.cancelled", order_id, when, {"reason": "changed their mind"})
    elif random.random() < (0.075 if shop.channel == "online" else 0.03):
        yield from _returned(made, order_id, data, time)


def _line(random: Random, discount: float) -> dict[str, Any]:
    product = random.choice(PRODUCTS)
    quantity = random.choices((1, 2, 3, 6), (78, 15, 5, 2))[0]
    gross = product.price * quantity
    line = {"sku": product.sku, "quantity": quantity, "gross_minor": gross}
    return {**line, "discount_minor": round(gross * discount)} if discount and random.random() < 0.8 else line


def _returned(made: Day, order_id: str, data: Mapping[str, Any], placed: datetime) -> Iterator[Happening]:
    """Some of an order's lines given back, a few days to weeks later."""
    random = made.random
    lines = random.sample(data["lines"], k=random.randint(1, len(data["lines"])))
    back = [{**line, "amount_minor": line["gross_minor"] - line.get("discount_minor", 0)} for line in lines]
    back = [{name: line[name] for name in ("sku", "quantity", "amount_minor")} for line in back]
    time = placed + timedelta(days=random.triangular(2, 28, 6))
    returned = {
        "return_id": made.name("R"),
        "currency": data["currency"],
        "amount_minor": sum(line["amount_minor"] for line in back),
        "lines": back,
        "channel": data["channel"],
        "reason": random.choice(("too large", "broken", "does not please")),
    }
    yield from made.happen("order.returned", order_id, time.replace(microsecond=0), returned)


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
