"""What a window of competitors' prices is made of: what stood at its close, and the moves within it."""

from collections.abc import Sequence
from datetime import date

from services.common.calendar import DAY, Span
from services.common.events.subjects import parts_of
from services.kpi_stream.kpis.cuts import ALL
from services.kpi_stream.kpis.kpi import Parts, Spans, Subject, Totals
from services.kpi_stream.kpis.parts import sums
from services.kpi_stream.kpis.price_cells import COMPETITOR_CURRENCIES, CURRENCIES, MOVES, PAIRS, RATIOS
from services.kpi_stream.kpis.price_index import Ratios, log_sum
from services.kpi_stream.kpis.requests import Asking, MembersOf, Sum
from services.kpi_stream.kpis.world import World


def read(subject: Subject, each: Sequence[Spans], world: World) -> Asking[list[Parts]]:
    """What stood at the end of each span, and the moves within it; `level` is the sum of logarithms, all rates in."""
    cut = CURRENCIES if subject.cut is ALL else COMPETITOR_CURRENCIES
    (members,) = yield [MembersOf(RATIOS, cut)]
    own = sorted(member for member in members if subject.cut is ALL or parts_of(member)[0] == subject.member)
    counted: list[Parts] = yield from sums((PAIRS, MOVES), subject, each)
    found: Sequence[Totals] = yield [
        Sum(RATIOS, cut, member, span) for spans in each for span in spans.values() for member in own
    ]
    following = iter(found)
    return [
        {
            name: _with_ratios(parts[name], [_ratios(member, next(following)) for member in own], span, world)
            for name, span in spans.items()
        }
        for spans, parts in zip(each, counted, strict=True)
    ]


def _ratios(member: str, totals: Totals) -> Ratios:
    ours, theirs = parts_of(member)[-2:]
    return Ratios(ours, theirs, totals["pairs"], totals["log"])


def _with_ratios(counted: Totals, ratios: Sequence[Ratios], span: Span, world: World) -> Totals:
    log = log_sum(ratios, _last_day(span, world), world)
    pairs = sum(each.pairs for each in ratios)
    return Totals({**counted.measures, "pairs": pairs}, rate_missing=log is None, level=log)


def _last_day(span: Span, world: World) -> date:
    """The day whose rates count: the span's last, or today where that is still to come."""
    return min(world.calendar.day_of(span.end) - DAY, world.today)
