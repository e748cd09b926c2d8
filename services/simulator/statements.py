"""What the company states: reps, targets, promotions, opening hours, exchange rates."""

import math
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from services.simulator.company import BY_MONTH, CAMPAIGNS, LEADS_PER_DAY, REPS, SHOPS, Rep, promotion_id
from services.simulator.prices import opening_prices
from services.simulator.surveys import survey_targets

if TYPE_CHECKING:
    from services.simulator.plan import Day, Happening

TARGETS_ARE_SET_ON = 25
ANNOUNCED_BEFORE = 14
MEAN_ORDER = 19_800
"""What an order brings after discounts and returns, in cents: targets are built on it."""

STRETCH = 1.08
TOO_MUCH_FOR = {"r08": 1.6}
WORKING_DAYS = 21


def statements_of_day(made: "Day") -> "Iterator[Happening]":
    """What is stated on a day: rates every day, targets near the end of a month, the rest when it is due."""
    yield from _rates(made)
    if made.day.day == TARGETS_ARE_SET_ON:
        yield from _targets(made, _next_month(made.day))
    begins = made.day + timedelta(days=ANNOUNCED_BEFORE)
    for campaign in CAMPAIGNS:
        first, last = (date(begins.year, *edge) for edge in (campaign.first, campaign.last))
        if begins == first:
            data = {"name": campaign.name, "from": first.isoformat(), "to": last.isoformat()}
            if campaign.channels:
                data["channels"] = list(campaign.channels)  # type: ignore[assignment]
            yield from made.happen("promotion.set", promotion_id(campaign, first), made.instant(9), data)


def opening_statements(made: "Day") -> "Iterator[Happening]":
    """What has to be known from the first day on: who is in which team, opening hours, and the targets of now."""
    for rep in REPS:
        yield from made.happen("rep.set", rep.id, made.instant(1), {"alias": rep.alias, "team_id": rep.team})
    hours = {day: ["09:00-19:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}
    yield from made.happen("calendar.set", None, made.instant(1), {"weekly": hours})
    months = (made.day.replace(day=1), _next_month(made.day))
    for month in months:
        yield from _targets(made, month)
    for month in months:
        yield from survey_targets(made, month)
    yield from opening_prices(made)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _rates(made: "Day") -> "Iterator[Happening]":
    """What a pound is worth: a slow wave with a little noise."""
    rate = 1.17 + 0.03 * math.sin(made.day.toordinal() / 40) + made.random.uniform(-0.003, 0.003)
    data = {"currency": "GBP", "day": made.day.isoformat(), "rate": f"{rate:.4f}"}
    yield from made.happen("rate.set", None, made.instant(6), data)


def _targets(made: "Day", month: date) -> "Iterator[Happening]":
    """Targets of a month: a little above what is usual, for one rep far above."""
    leads = LEADS_PER_DAY * WORKING_DAYS * 1.15 * STRETCH
    orders = sum(shop.orders for shop in SHOPS) * 29 * BY_MONTH[month.month - 1]
    yield from _target(made, month, "sales", round(orders * MEAN_ORDER * STRETCH))
    yield from _target(made, month, "new_leads", round(leads))
    yield from _target(made, month, "acquisition_rate", 0.2)
    yield from _target(made, month, "loyalty", 0.45)
    yield from _target(made, month, "add_on_sales", 0.4)
    for rep in REPS:
        yield from _target(made, month, "new_leads", round(leads / len(REPS) * TOO_MUCH_FOR.get(rep.id, 1)), rep)


def _target(made: "Day", month: date, measure: str, value: float, rep: Rep | None = None) -> "Iterator[Happening]":
    data = {"measure": measure, "period": "month", "starts_on": month.isoformat(), "value": value}
    if rep is not None:
        data["rep_id"] = rep.id
    yield from made.happen("target.set", None, made.instant(10), data)
