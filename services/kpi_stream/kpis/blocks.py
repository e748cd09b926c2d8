"""Whole blocks of days: numbers about few people's answers, told so that no answer can be seen to arrive.

The days of a year are cut into blocks, one after the other: a block opens with the first answer after the one before,
and closes with the first day on which it holds five. A number is the sum of the closed blocks that lie whole within its
span. So any two spans differ by whole blocks: by no answer at all, or by five and more. The border of a block depends
on the days before it alone, never on the span that is asked for.

A day counts when the day after it is over as well: what is sent late, or read late, has a day to come in before anyone
can have seen its block. What comes later still changes a block that was seen; docs/anonymity.md says so.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from services.common.calendar import DAY, Span
from services.common.events.answers import LEAST_ANSWERS
from services.kpi_stream.kpis.kpi import Parts, Spans, Subject, Totals
from services.kpi_stream.kpis.requests import Asking, CountsByDay, DailyCounts
from services.kpi_stream.kpis.world import World
from services.kpi_stream.measures import MeasureGroup

SETTLES = DAY
"""How long after its end a day may still be changed by what comes late."""


class Block(NamedTuple):
    """Days, both included, and what was counted on them."""

    first: date
    last: date
    counts: Counter[str]


def closed_blocks(days: DailyCounts) -> Iterator[Block]:
    """The closed blocks of some days; what is left after the last of them is in none."""
    first, held = None, Counter[str]()
    for day, counts in sorted(days.items()):
        first = first or day
        held.update(counts)
        if held.total() >= LEAST_ANSWERS:
            yield Block(first, day, held)
            first, held = None, Counter()


def in_blocks(group: MeasureGroup, subject: Subject, each: Sequence[Spans], world: World) -> Asking[list[Parts]]:
    """A group's totals over the whole blocks within spans of whole days, for each of some sets of spans."""
    years = [span for year in _years(each, world) if (span := _settled_part(year, world))]
    found: Sequence[DailyCounts] = yield [
        CountsByDay(group, subject.cut.cell_cut, subject.member, span) for span in years
    ]
    closed = [block for days in found for block in closed_blocks(days)]
    return [{name: _total(group, span, closed, world) for name, span in spans.items()} for spans in each]


def _years(each: Sequence[Spans], world: World) -> list[int]:
    """The years that some spans touch."""
    day_of = world.calendar.day_of
    ends = [(day_of(span.start), day_of(span.end)) for spans in each for span in spans.values()]
    return sorted({year for first, end in ends for year in range(first.year, end.year + 1)})


def _settled_part(year: int, world: World) -> Span | None:
    """The days of a year that nothing changes any more, if any."""
    first, last = date(year, 1, 1), min(date(year, 12, 31), world.today - DAY - SETTLES)
    return world.calendar.days_span(first, last) if first <= last else None


def _total(group: MeasureGroup, span: Span, closed: Sequence[Block], world: World) -> Totals:
    first, end = world.calendar.day_of(span.start), world.calendar.day_of(span.end)
    sums = Counter(dict.fromkeys(group.measures, 0))
    for block in closed:
        if first <= block.first and block.last < end:
            sums.update(block.counts)
    return Totals(sums)
