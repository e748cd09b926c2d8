"""Conversion: orders / visits, over whole hours or days that were counted."""

from collections.abc import Sequence
from typing import NamedTuple

from services.common.calendar import HOUR, BusinessCalendar, Span
from services.common.events.subjects import parts_of
from services.kpi_stream.kpis.kpi import Flag, Related, Subject, Totals, Unit
from services.kpi_stream.kpis.requests import Asking, CountsByDay, MembersOf, Sum, together
from services.kpi_stream.kpis.sales_cells import SALES, VISITS, VISITS_BY_HOUR
from services.kpi_stream.kpis.statistics import wilson
from services.kpi_stream.kpis.world import World

PAIR = "channel,store"


class Counted(NamedTuple):
    """Orders and visits of the same hours; `missed`: orders of hours that nobody counted."""

    orders: int = 0
    visits: int = 0
    missed: int = 0

    def plus(self, other: "Counted") -> "Counted":
        return Counted(*(a + b for a, b in zip(self, other, strict=True)))


def conversion(subject: Subject, world: World) -> Asking[Related]:
    """Orders / visits of a channel, a store or all, over what was counted up to the last full hour.

    Like is set against like: orders of an hour count only where its visits do. Where orders were left out, or come out
    above the visits, the flag `visits_incomplete` says so.
    """
    (counted_pairs, sold_pairs) = yield [MembersOf(VISITS, PAIR), MembersOf(SALES, PAIR)]
    pairs = sorted(pair for pair in counted_pairs | sold_pairs if _belongs(pair, subject))
    end = min(subject.window.span.end, world.calendar.floor_hour(world.now))
    if not pairs or end <= subject.window.span.start:
        return Related(None, Unit.RATIO, flags=(Flag.VISITS_INCOMPLETE,))
    span = Span(subject.window.span.start, end)
    found = yield from together([_pair(pair, span, world.calendar) for pair in pairs])
    total = Counted()
    for counted in found:
        total = total.plus(counted)
    return _related(total)


def _related(total: Counted) -> Related:
    incomplete = total.missed > 0 or total.orders > total.visits
    return Related(
        total.orders / total.visits if total.visits else None,
        Unit.RATIO,
        numerator=total.orders,
        denominator=total.visits,
        n=total.visits,
        interval=wilson(min(total.orders, total.visits), total.visits),
        flags=(Flag.VISITS_INCOMPLETE,) if incomplete or not total.visits else (),
    )


def _belongs(pair: str, subject: Subject) -> bool:
    channel, store = parts_of(pair)
    return subject.cut.name == "all" or subject.member == {"channel": channel, "store": store}[subject.cut.name]


def _pair(pair: str, span: Span, calendar: BusinessCalendar) -> Asking[Counted]:
    """One channel and store: whole days by their day cells, the others (today among them) by their hours."""
    over = Span(span.start, calendar.midnight(calendar.day_of(span.end)))
    if over.start != calendar.midnight(calendar.day_of(over.start)) or over.end <= over.start:
        return (yield from _by_hours(pair, [span]))
    visits, orders = yield [CountsByDay(VISITS, PAIR, pair, over), CountsByDay(SALES, PAIR, pair, over)]
    sold = {day: counts["orders"] for day, counts in orders.items()}
    partial = [Span(over.end, span.end)] if over.end < span.end else []
    total = Counted(missed=sum(count for day, count in sold.items() if day not in visits))
    for day, seen in visits.items():
        whole = calendar.day_span(day)
        if seen["hours"] * HOUR >= whole.length:
            total = total.plus(Counted(sold.get(day, 0), seen["visits"]))
        else:
            partial.append(whole)
    return total.plus((yield from _by_hours(pair, partial)))


def _by_hours(pair: str, spans: Sequence[Span]) -> Asking[Counted]:
    """Hours that were counted by themselves, with the orders of just those hours."""
    hours = [hour for span in spans for hour in _hours(span)]
    visits: Sequence[Totals] = yield [Sum(VISITS_BY_HOUR, PAIR, pair, hour) for hour in hours]
    orders: Sequence[Totals] = yield [Sum(SALES, PAIR, pair, hour) for hour in hours]
    total = Counted()
    for seen, sold in zip(visits, orders, strict=True):
        both = Counted(sold["orders"], seen["visits"]) if seen["hours"] else Counted(missed=sold["orders"])
        total = total.plus(both)
    return total


def _hours(span: Span) -> list[Span]:
    count = int((span.end - span.start) / HOUR)
    return [Span(span.start + i * HOUR, span.start + (i + 1) * HOUR) for i in range(count)]
