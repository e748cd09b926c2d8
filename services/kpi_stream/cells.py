"""Reading cells: from a span to the strings that hold it, and from their content to totals.

A span is taken apart into whole months, whole days and hours (or minutes), so that a year costs a handful of strings.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from services.common.calendar import DAY, BusinessCalendar, Span
from services.common.money import round_half_even
from services.common.windows import MINUTE as A_MINUTE
from services.common.windows import Period
from services.kpi_stream.kpis.kpi import Totals
from services.kpi_stream.kpis.requests import CountsByDay, Sum
from services.kpi_stream.measures import (
    BEGINNING,
    BY_DAY,
    BY_HOUR,
    BY_MINUTE,
    BY_MONTH,
    HOUR,
    NOW,
    Address,
    MeasureGroup,
    Resolution,
    cell_group,
    day_ordinal,
    hour_ordinal,
    month_ordinal,
)

Strings = Mapping[Address, Sequence[int]]
"""The cells of a string by position; empty for a string that there is not."""

Convert = Callable[[int, str, date], Decimal | None]
"""From minor units of a currency, on a day, to minor units of the reporting currency, not rounded."""

Resolutions = tuple[Resolution, ...]


class Run(NamedTuple):
    """Consecutive buckets within one string; `day` is the business day of the first, `step` the time to the next."""

    letter: str
    chunk: int
    first: int
    last: int
    day: date
    step: timedelta


class Stretch(NamedTuple):
    """Neighbouring cells of a string, by position; `end` is not included."""

    address: Address
    first: int
    end: int


class Reporting(NamedTuple):
    """What amounts are told in, and the calendar that days are cut by."""

    currency: str
    calendar: BusinessCalendar
    convert: Convert

    def is_home(self, currency: str) -> bool:
        """Does it need no conversion: the reporting currency, or no currency at all?"""
        return currency in ("", self.currency)


@lru_cache(maxsize=16384)
def runs(span: Span, calendar: BusinessCalendar, group: MeasureGroup, months: bool) -> tuple[Run, ...]:
    """The buckets of a group that make up a span exactly; `months`: whole months may be read from month cells.

    Of a level they are those of all time up to the span's end.

    :raises ValueError: when the span begins or ends inside the finest bucket that the group has.
    """
    resolutions = group.resolutions
    if NOW in resolutions:
        return (Run(NOW.letter, 0, 0, 0, calendar.day_of(span.start), timedelta(0)),)
    if group.is_level:
        span = Span(calendar.midnight(BEGINNING), span.end)
    first_day, last_day = calendar.day_of(span.start), calendar.day_of(span.end)
    first_whole = first_day if span.start == calendar.midnight(first_day) else first_day + DAY
    if first_whole > last_day or BY_DAY not in resolutions:
        pieces = list(_fine_pieces(span, calendar, resolutions))
    else:
        before = Span(span.start, calendar.midnight(first_whole))
        after = Span(calendar.midnight(last_day), span.end)
        pieces = [
            *_fine_pieces(before, calendar, resolutions),
            *_whole_days(first_whole, last_day, months=months and BY_MONTH in resolutions),
            *_fine_pieces(after, calendar, resolutions),
        ]
    return tuple(run for piece in pieces for run in _in_strings(piece, group.buckets_per_string))


class _Piece(NamedTuple):
    """Consecutive buckets of one resolution, by ordinal; `day` is the business day of the first."""

    resolution: Resolution
    first: int
    last: int
    day: date


def _whole_days(first: date, end: date, *, months: bool) -> Iterator[_Piece]:
    """Days up to but not including `end`; where months may be read, the whole months among them as months."""
    begin_month = first if first.day == 1 else Period.MONTH.next_first_day(first)
    end_month = Period.MONTH.first_day(end)
    if not months or begin_month >= end_month:
        begin_month = end_month = end
    if first < begin_month:
        yield _Piece(BY_DAY, day_ordinal(first), day_ordinal(begin_month) - 1, first)
    if begin_month < end_month:
        yield _Piece(BY_MONTH, month_ordinal(begin_month), month_ordinal(end_month) - 1, begin_month)
    if end_month < end:
        yield _Piece(BY_DAY, day_ordinal(end_month), day_ordinal(end) - 1, end_month)


def _fine_pieces(span: Span, calendar: BusinessCalendar, resolutions: Resolutions) -> Iterator[_Piece]:
    """Hours or minutes, a piece for each business day that the span touches."""
    at = span.start
    while at < span.end:
        day = calendar.day_of(at)
        end = min(span.end, calendar.midnight(day + DAY))
        yield _fine_piece(at, end, calendar, resolutions, day)
        at = end


def _fine_piece(at: datetime, end: datetime, calendar: BusinessCalendar, resolutions: Resolutions, day: date) -> _Piece:
    """Hours where both ends are full hours of the wall clock, else minutes."""
    seconds, until = int(at.timestamp()), int(end.timestamp())
    if calendar.floor_hour(at) == at and calendar.floor_hour(end) == end and BY_HOUR in resolutions:
        return _Piece(BY_HOUR, hour_ordinal(seconds), hour_ordinal(until - HOUR), day)
    if BY_MINUTE in resolutions and at.second == 0 and (end - at) % A_MINUTE == timedelta(0):
        return _Piece(BY_MINUTE, seconds // 60, until // 60 - 1, day)
    raise ValueError(f"no cells are cut at {at} or {end}")


def _in_strings(piece: _Piece, per_string: int) -> Iterator[Run]:
    step = DAY if piece.resolution is BY_DAY else timedelta(0)
    for chunk in range(piece.first // per_string, piece.last // per_string + 1):
        start = chunk * per_string
        first, last = max(piece.first, start), min(piece.last, start + per_string - 1)
        yield Run(
            piece.resolution.letter, chunk, first - start, last - start, piece.day + step * (first - piece.first), step
        )


def _runs_of(request: Sum | CountsByDay, currency: str, reporting: Reporting) -> tuple[Run, ...]:
    months = isinstance(request, Sum) and reporting.is_home(currency)
    return runs(request.span, reporting.calendar, request.group, months)


def _address(request: Sum | CountsByDay, name: str, run: Run) -> Address:
    return Address(name, request.cut, request.member, run.letter, run.chunk)


def stretches(request: Sum | CountsByDay, currencies: Sequence[str], reporting: Reporting) -> Iterator[Stretch]:
    """The cells that a request is read from."""
    width = len(request.group.measures)
    for currency in currencies:
        name = cell_group(request.group, currency)
        for run in _runs_of(request, currency, reporting):
            yield Stretch(_address(request, name, run), run.first * width, (run.last + 1) * width)


def total(request: Sum, currencies: Sequence[str], strings: Strings, reporting: Reporting) -> Totals:
    """The request's measures, money converted by (currency, day) into the reporting currency and rounded once."""
    money = request.group.money
    sums: dict[str, int | None] = dict.fromkeys(request.group.measures, 0)
    converted = dict.fromkeys(money, Decimal(0))
    by_currency: dict[str, dict[str, int]] = {}
    missing = False
    for currency in currencies:
        amounts = dict.fromkeys(money, 0)
        for measure, value in _summed(request, currency, strings, reporting):
            if measure in amounts:
                amounts[measure] += value
            else:
                sums[measure] = (sums[measure] or 0) + value
        if not currency or not any(amounts.values()):
            continue
        by_currency[currency] = amounts
        worth = amounts if reporting.is_home(currency) else _converted(request, currency, strings, reporting)
        missing = missing or worth is None
        for measure in money if worth else ():
            converted[measure] += worth[measure]  # type: ignore[index]
    sums |= {measure: None if missing else round_half_even(converted[measure]) for measure in money}
    return Totals(sums, {} if set(by_currency) <= {reporting.currency} else by_currency, missing)


def _summed(request: Sum, currency: str, strings: Strings, reporting: Reporting) -> Iterator[tuple[str, int]]:
    """Every measure's sum over the span, in one currency; those that are 0 are left out."""
    measures, name = request.group.measures, cell_group(request.group, currency)
    width = len(measures)
    found = array("q")
    for run in _runs_of(request, currency, reporting):
        cells = strings[_address(request, name, run)]
        if cells:
            found.extend(cells[run.first * width : (run.last + 1) * width])
    for i, measure in enumerate(measures) if found else ():
        value = sum(found[i::width])
        if value:
            yield measure, value


def _converted(request: Sum, currency: str, strings: Strings, reporting: Reporting) -> dict[str, Decimal] | None:
    """Money measures in the reporting currency, each day at its own rate; none where a rate is missing."""
    worth = dict.fromkeys(request.group.money, Decimal(0))
    for day, values in _by_bucket(request, currency, strings, reporting):
        for measure, value in zip(request.group.measures, values, strict=True):
            if value and measure in worth:
                one = reporting.convert(value, currency, day)
                if one is None:
                    return None
                worth[measure] += one
    return worth


def _by_bucket(
    request: Sum | CountsByDay, currency: str, strings: Strings, reporting: Reporting
) -> Iterator[tuple[date, Sequence[int]]]:
    """Every bucket of the span: its business day, and the value of every measure; empty strings are passed over."""
    width, name = len(request.group.measures), cell_group(request.group, currency)
    for run in _runs_of(request, currency, reporting):
        cells = strings[_address(request, name, run)]
        for i in range(run.first, run.last + 1) if cells else ():
            yield run.day + run.step * (i - run.first), cells[i * width : (i + 1) * width]


def counts_by_day(
    request: CountsByDay, currencies: Sequence[str], strings: Strings, reporting: Reporting
) -> dict[date, dict[str, int]]:
    """The counts of each day of the span on which there are any; money is left out."""
    counts = [(i, measure) for i, measure in enumerate(request.group.measures) if measure not in request.group.money]
    found: dict[date, dict[str, int]] = {}
    for currency in currencies:
        for day, values in _by_bucket(request, currency, strings, reporting):
            if any(values):
                own = found.setdefault(day, {measure: 0 for _, measure in counts})
                for i, measure in counts:
                    own[measure] += values[i]
    return found
