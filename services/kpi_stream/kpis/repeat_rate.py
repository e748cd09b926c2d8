"""The repeat rate: of the customers of some days, how many ordered more than once in them. Exact, from cells alone."""

from collections.abc import Sequence
from datetime import date

from services.common.calendar import DAY, Span
from services.kpi_stream.kpis.cuts import ALL
from services.kpi_stream.kpis.kpi import Related, Totals
from services.kpi_stream.kpis.loyalty_cells import ORDER_DAY, ORDERS, REPEATS
from services.kpi_stream.kpis.rates import rate_of
from services.kpi_stream.kpis.requests import Asking, Sum
from services.kpi_stream.kpis.world import World


def customers_of(span: Span, world: World) -> Asking[Totals]:
    """Valid orders over whole days, their customers, and those of them who ordered more than once (`repeaters`).

    A customer of k orders has k - 1 whose previous one lies in the days, and k - 2 whose one before that does.
    """
    orders: Totals
    befores: Sequence[Totals]
    orders, *befores = yield [
        Sum(ORDERS, ALL.name, "", span),
        *(Sum(REPEATS, ORDER_DAY, day.isoformat(), _up_to(span, day, world)) for day in _days(span, world)),
    ]
    previous, one_before = (sum(each[name] for each in befores) for name in REPEATS.measures)
    customers = orders["valid_orders"] - previous
    repeaters = orders["valid_orders"] - one_before - customers
    return Totals({"valid_orders": orders["valid_orders"], "customers": customers, "repeaters": repeaters})


def repeat_rate(totals: Totals) -> Related:
    """Customers with at least two valid orders / customers with at least one."""
    return rate_of(totals["repeaters"], totals["customers"])


def _days(span: Span, world: World) -> list[date]:
    first, end = world.calendar.day_of(span.start), world.calendar.day_of(span.end)
    return [first + DAY * i for i in range((end - first).days)]


def _up_to(span: Span, day: date, world: World) -> Span:
    """The days of a span up to one: no order is before those that it follows."""
    return Span(span.start, world.calendar.midnight(day + DAY))
