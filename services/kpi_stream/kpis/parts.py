"""The totals that a number is made of: asked for, and put together."""

from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import islice

from services.kpi_stream.kpis.kpi import Kpi, Parts, Spans, Subject, Totals
from services.kpi_stream.kpis.requests import Asking, Sum
from services.kpi_stream.kpis.world import World
from services.kpi_stream.measures import MeasureGroup


def read_parts(kpi: Kpi, subject: Subject, each: Sequence[Spans], world: World) -> Asking[list[Parts]]:
    """What a KPI reads of spans, for each of some sets of them. Whatever tells its numbers reads them here."""
    if kpi.read is not None:
        return (yield from kpi.read(subject, each, world))
    return (yield from sums(kpi.groups, subject, each))


def sums(groups: Sequence[MeasureGroup], subject: Subject, each: Sequence[Spans]) -> Asking[list[Parts]]:
    """The totals of all measures of some groups, read in one round."""
    totals: Sequence[Totals] = yield [
        Sum(group, subject.cut.cell_cut, member, span)
        for spans in each
        for span in spans.values()
        for group in groups
        for member in subject.members
    ]
    following, count = iter(totals), len(groups) * len(subject.members)
    return [{name: _merged(islice(following, count)) for name in spans} for spans in each]


def _merged(totals: Iterable[Totals]) -> Totals:
    """Totals of other measures, or of other members, put together."""
    return reduce(_plus, totals)


def _plus(one: Totals, other: Totals) -> Totals:
    measures = {**one.measures, **other.measures}
    for name in one.measures.keys() & other.measures.keys():
        own, others = one.measures[name], other.measures[name]
        measures[name] = None if own is None or others is None else own + others
    by_currency = {currency: dict(amounts) for currency, amounts in one.by_currency.items()}
    for currency, amounts in other.by_currency.items():
        into = by_currency.setdefault(currency, {})
        for name, amount in amounts.items():
            into[name] = into.get(name, 0) + amount
    return Totals(measures, by_currency, one.rate_missing or other.rate_missing)
