"""The totals that a number is made of: asked for, and put together."""

from collections.abc import Iterable, Sequence

from services.kpi_stream.kpis.kpi import Asking, Kpi, Parts, Spans, Subject, Sum, Totals
from services.kpi_stream.kpis.world import World
from services.kpi_stream.measures import MeasureGroup


def read_parts(kpi: Kpi, subject: Subject, spans: Spans, world: World) -> Asking[Parts]:
    """What a KPI reads of some spans. Whatever tells its numbers reads them here."""
    if kpi.read is not None:
        return (yield from kpi.read(subject, spans, world))
    return (yield from sums(kpi.groups, subject, spans))


def sums(groups: Iterable[MeasureGroup], subject: Subject, spans: Spans) -> Asking[Parts]:
    """The totals of all measures of some groups, over each of some spans."""
    wishes = [
        (name, Sum(group, subject.cut.cell_cut, member, span))
        for name, span in spans.items()
        for group in groups
        for member in subject.members
    ]
    totals: Sequence[Totals] = yield [wish for _, wish in wishes]
    parts: dict[str, Totals] = {}
    for (name, _), found in zip(wishes, totals, strict=True):
        parts[name] = _merged(parts[name], found) if name in parts else found
    return parts


def _merged(one: Totals, other: Totals) -> Totals:
    """Totals of other measures, or of another member, put together."""
    measures = dict(one.measures)
    for name, value in other.measures.items():
        known = measures.get(name, 0)
        measures[name] = None if value is None or known is None else known + value
    by_currency = {currency: dict(amounts) for currency, amounts in one.by_currency.items()}
    for currency, amounts in other.by_currency.items():
        into = by_currency.setdefault(currency, {})
        for name, amount in amounts.items():
            into[name] = into.get(name, 0) + amount
    return Totals(measures, by_currency, one.rate_missing or other.rate_missing)
